"""Calls, arguments and states that do not go together, and querysets used as if they were lists."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    F,
    InvalidLookupValueError,
    Q,
    QueryBuilder,
    QueryError,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
)
from examples.help_center.models import Base, PublicationStatus, Section
from tests.errors.chains import Wrong, check, check_awaited, drawers, sections

NEGATIVE = (UnsupportedOperationError, ("negative indexes", "reverse()"))
STEP = (UnsupportedOperationError, ("step",))
WHOLE = (UnsupportedOperationError, ("whole numbers",))
NO_CONDITION = (UnsupportedOperationError, ("no condition", "keywords, Q objects or SQLAlchemy expressions"))

untyped: Any = sections
first_five: Any = sections.filter(name="x")[:5]

CHAINS: dict[str, Wrong] = {
    # Indexes and slices
    "index -1": (lambda: sections[-1], *NEGATIVE),
    "from -1": (lambda: sections[-1:], *NEGATIVE),
    "to -1": (lambda: sections[:-1], *NEGATIVE),
    "of a slice": (lambda: sections[:5][-1], *NEGATIVE),
    "step": (lambda: sections[::2], *STEP),
    "step 1": (lambda: sections[::1], *STEP),
    "backwards": (lambda: sections[::-1], *STEP),
    "float": (lambda: untyped[1.5], *WHOLE),
    "text": (lambda: untyped["a"], *WHOLE),
    "None": (lambda: untyped[None], *WHOLE),
    "True": (lambda: untyped[True], *WHOLE),
    "tuple": (lambda: untyped[1, 2], *WHOLE),
    "ellipsis": (lambda: untyped[...], *WHOLE),
    "from a float": (lambda: untyped[1.5:], *WHOLE),
    "to a float": (lambda: untyped[:2.0], *WHOLE),
    "to text": (lambda: untyped[:"b"], *WHOLE),
    "from True": (lambda: untyped[True:], *WHOLE),
    "builder limit": (lambda: QueryBuilder(Section).limit(-1), UnsupportedOperationError, ("limit()", "-1")),
    "builder offset": (
        lambda: QueryBuilder(Section).offset("5"),  # type: ignore[arg-type]
        UnsupportedOperationError,
        ("offset()", "'5'"),
    ),
    # Conditions that are none
    "filter True": (lambda: sections.filter(True), *NO_CONDITION),
    "filter False": (lambda: sections.filter(False), *NO_CONDITION),
    "filter None": (lambda: sections.filter(None), *NO_CONDITION),
    "filter text": (lambda: sections.filter("name"), *NO_CONDITION),
    "filter nothing": (lambda: sections.filter(""), *NO_CONDITION),
    "filter number": (lambda: sections.filter(5), *NO_CONDITION),
    "filter dict": (lambda: sections.filter({"name": "x"}), *NO_CONDITION),
    "filter list": (lambda: sections.filter([Q(name="x")]), *NO_CONDITION),
    "filter triple": (lambda: sections.filter(("name", "exact", "x")), *NO_CONDITION),
    "filter pair": (lambda: sections.filter((1, 2)), *NO_CONDITION),
    "filter empty tuple": (lambda: sections.filter(()), *NO_CONDITION),
    "filter model": (lambda: sections.filter(Section), *NO_CONDITION),
    "filter instance": (lambda: sections.filter(Section()), *NO_CONDITION),
    "filter queryset": (lambda: sections.filter(sections), *NO_CONDITION),
    "filter function": (lambda: sections.filter(lambda: True), *NO_CONDITION),
    "filter F": (
        lambda: sections.filter(F("name")),
        UnsupportedOperationError,
        ("F('name')", "true or false"),
    ),
    "filter Value": (
        lambda: sections.filter(Value(1)),
        UnsupportedOperationError,
        ("Value(1)", "true or false"),
    ),
    "exclude True": (lambda: sections.exclude(True), *NO_CONDITION),
    "Q number": (lambda: sections.filter(Q(5)), *NO_CONDITION),
    "Q None": (lambda: sections.filter(Q(None)), *NO_CONDITION),
    "Q text": (lambda: sections.filter(Q("name")), *NO_CONDITION),
    "Q triple": (lambda: sections.filter(Q(("name", "exact", "x"))), *NO_CONDITION),
    "Q single": (lambda: sections.filter(~Q(("name",))), *NO_CONDITION),
    "Q or number": (lambda: sections.filter(Q(name="x") | 5), *NO_CONDITION),
    "Q and None": (lambda: sections.filter(Q(name="x") & None), *NO_CONDITION),
    # Other arguments
    "order_by number": (
        lambda: sections.order_by(5),
        UnsupportedOperationError,
        ("order_by()", "names", "5"),
    ),
    "order_by None": (lambda: sections.order_by(None), UnsupportedOperationError, ("order_by()", "None")),
    "order_by list": (lambda: sections.order_by(["name"]), UnsupportedOperationError, ("order_by()",)),
    "order_by Q": (lambda: sections.order_by(Q(name="x")), UnsupportedOperationError, ("order_by()",)),
    "order_by model": (lambda: sections.order_by(Section), UnsupportedOperationError, ("order_by()",)),
    "values number": (
        lambda: untyped.values(5),
        UnsupportedOperationError,
        ("values()", "names of fields", "5"),
    ),
    "values twice": (lambda: sections.values("id", "id"), UnsupportedOperationError, ("twice",)),
    "flat two": (
        lambda: untyped.values_list("id", "name", flat=True),
        UnsupportedOperationError,
        ("flat=True", "one field", "2"),
    ),
    "flat none": (lambda: untyped.values_list(flat=True), UnsupportedOperationError, ("one field", "0")),
    "flat and named": (
        lambda: untyped.values_list("id", flat=True, named=True),
        UnsupportedOperationError,
        ("flat and named",),
    ),
    "named twice": (
        lambda: sections.values_list("id", "name", "id", named=True),
        UnsupportedOperationError,
        ("twice",),
    ),
    "options number": (
        lambda: sections.options(5),
        UnsupportedOperationError,
        ("options()", "relation paths"),
    ),
    "options attribute": (
        lambda: sections.options(Section.status),
        UnsupportedOperationError,
        ("options()",),
    ),
    "innerjoin None": (lambda: untyped.innerjoin(None), UnsupportedOperationError, ("innerjoin()",)),
    "outerjoin model": (
        lambda: untyped.outerjoin(PublicationStatus),
        UnsupportedOperationError,
        ("outerjoin()",),
    ),
    "returning number": (lambda: untyped.returning(5), UnsupportedOperationError, ("returning()",)),
    "returning both": (
        lambda: sections.returning("name", return_model=True),
        UnsupportedOperationError,
        ("fields or the model",),
    ),
    "returning composite": (lambda: drawers.returning("pk"), UnsupportedOperationError, ("2 columns",)),
    "F number": (lambda: sections.filter(name=F(5)), UnsupportedOperationError, ("F(", "5")),  # type: ignore[arg-type]
    # A queryset is no list
    "len": (lambda: len(untyped), UnsupportedOperationError, ("count()",)),
    "bool": (lambda: bool(sections), UnsupportedOperationError, ("exists()",)),
    "if": (lambda: 1 if untyped else 2, UnsupportedOperationError, ("exists()",)),
    "iter": (lambda: next(iter(untyped)), UnsupportedOperationError, ("async for", "await")),
    "list": (lambda: list(untyped), UnsupportedOperationError, ("async for",)),
    "in": (lambda: Section() in untyped, UnsupportedOperationError, ("await",)),
    "unpacking": (lambda: [*untyped], UnsupportedOperationError, ("async for",)),
    # Classes that are no models
    "QuerySet of a class": (lambda: QuerySet(int), QueryError, ("<class 'int'>", "maps")),
    "QuerySet of None": (lambda: QuerySet(None), QueryError, ("None", "maps")),  # type: ignore[arg-type]
    "QuerySet of an instance": (lambda: QuerySet(Section()), QueryError, ("maps",)),  # type: ignore[arg-type]
    "QuerySet of a table": (lambda: QuerySet(Table), QueryError, ("maps",)),
    "QuerySet of the base": (lambda: QuerySet(Base), QueryError, ("Base", "maps")),
    "QueryBuilder of a class": (lambda: QueryBuilder(int), QueryError, ("<class 'int'>", "maps")),
}


@pytest.mark.parametrize("wrong", CHAINS.values(), ids=CHAINS)
def test_chains(wrong: Wrong) -> None:
    check(*wrong)


@pytest.mark.parametrize("connector", ["or", "and", "NOT", 5, "AND", "OR", "XOR", None, "", True])
def test_connectors(connector: Any) -> None:
    """One that is not known must not become one that is, and no text that a client can send is one."""
    with pytest.raises(InvalidLookupValueError, match="connector"):
        Q(name="x", id=1, _connector=connector)


@pytest.mark.parametrize("negated", [True, False, None, "yes"])
def test_negation_from_a_mapping(negated: Any) -> None:
    data: dict[str, Any] = {"name": "x", "_negated": negated}
    with pytest.raises(InvalidLookupValueError, match=r"write ~Q\("):
        Q(**data)
    with pytest.raises(QueryError, match="_negated"):
        sections.filter(**data)
    with pytest.raises(QueryError, match="_negated"):
        sections.filter(Q(("_negated", negated)))


def test_connectors_of_the_class() -> None:
    assert Q(name="x", id=1, _connector=Q.OR).connector == "OR"
    either = sections.filter(Q(name="x", id=1, _connector=Q.OR)).sql()
    assert "sections.id = 1 OR sections.name = 'x'" in either
    copied = copy.deepcopy(pickle.loads(pickle.dumps(Q(name="x", id=1, _connector=Q.XOR))))
    assert repr(copied) == repr(Q(id=1) ^ Q(name="x"))
    assert repr(~Q(name="x", id=1, _connector=Q.OR)) == "~(Q(id=1) | Q(name='x'))"


AFTER_A_SLICE: dict[str, Callable[[], Any]] = {
    "filter": lambda: first_five.filter(name="x"),
    "filter()": first_five.filter,
    "exclude": lambda: first_five.exclude(name="x"),
    "order_by": lambda: first_five.order_by("name"),
    "order_by()": first_five.order_by,
    "reverse": first_five.reverse,
    "distinct": first_five.distinct,
    "options": lambda: first_five.options("status"),
    "innerjoin": lambda: first_five.innerjoin("status"),
    "outerjoin": lambda: first_five.outerjoin("status"),
}


@pytest.mark.parametrize("name", AFTER_A_SLICE)
def test_after_a_slice(name: str) -> None:
    call = name.removesuffix("()") + "()"

    check(AFTER_A_SLICE[name], UnsupportedOperationError, (call, "slice", "Section.filter(name=<str>)[:5]"))


@pytest.mark.parametrize("bounds", [slice(3, None), slice(0, None), slice(None, None), slice(5, 2)])
def test_after_any_slice(bounds: slice) -> None:
    check(lambda: sections[bounds].filter(name="x"), UnsupportedOperationError, ("filter()", "slice"))


WHOLE_MODELS = (UnsupportedOperationError, ("values()",))
NO_SLICE = (UnsupportedOperationError, ("slice",))
NOTHING_TO_SET = (UnsupportedOperationError, ("nothing to set",))
PROJECTED: Any = sections.values("id", "name")

AWAITED: dict[str, Wrong] = {
    "update of a slice": (lambda: first_five.update(name="y"), *NO_SLICE),
    "delete of a slice": (first_five.delete, *NO_SLICE),
    "delete of the rest": (sections[5:].delete, *NO_SLICE),
    "delete of all of a slice": (sections[:].delete, *NO_SLICE),
    "in_bulk of a slice": (lambda: first_five.in_bulk([1]), *NO_SLICE),
    "get_or_create of a slice": (lambda: first_five.get_or_create(name="y"), *NO_SLICE),
    "update_or_create of a slice": (lambda: first_five.update_or_create(name="y"), *NO_SLICE),
    "get of a slice": (lambda: first_five.get(name="y"), *NO_SLICE),
    "first of a slice": (first_five.first, *NO_SLICE),
    "last of a slice": (first_five.last, *NO_SLICE),
    "delete of values": (PROJECTED.delete, *WHOLE_MODELS),
    "in_bulk of values": (lambda: PROJECTED.in_bulk([1]), *WHOLE_MODELS),
    "get_or_create of values": (lambda: PROJECTED.get_or_create(name="y"), *WHOLE_MODELS),
    "update_or_create of values": (lambda: PROJECTED.update_or_create(name="y"), *WHOLE_MODELS),
    "update of nothing": (untyped.update, *NOTHING_TO_SET),
    "update of an empty dict": (lambda: untyped.update({}), *NOTHING_TO_SET),
    "update of text": (lambda: untyped.update("name"), UnsupportedOperationError, ("a dict or keywords",)),
    "update of a list": (
        lambda: untyped.update(["name"]),
        UnsupportedOperationError,
        ("a dict or keywords",),
    ),
    "update twice": (
        lambda: untyped.update({"name": "x"}, name="y"),
        UnsupportedOperationError,
        ("name", "twice"),
    ),
    "update of both names": (
        lambda: untyped.update(status=1, status_id=2),
        UnsupportedOperationError,
        ("Section.status_id", "twice"),
    ),
    "update of both keys": (
        lambda: untyped.update(pk=1, id=2),
        UnsupportedOperationError,
        ("Section.id", "twice"),
    ),
    "get of a number": (lambda: untyped.get(5), *NO_CONDITION),
    "get of text": (lambda: untyped.get("x"), *NO_CONDITION),
    "in_bulk by a number": (
        lambda: untyped.in_bulk([1], field_name=5),
        UnsupportedOperationError,
        ("in_bulk()", "5"),
    ),
    "no session": (lambda: sections, UnsupportedOperationError, ("no session",)),
    "no session, an item": (lambda: sections[0], UnsupportedOperationError, ("no session",)),
    "no session, delete": (sections.delete, UnsupportedOperationError, ("no session",)),
}


@pytest.mark.parametrize("wrong", AWAITED.values(), ids=AWAITED)
async def test_what_is_awaited(wrong: Wrong) -> None:
    await check_awaited(*wrong)


async def test_async_for_without_a_session() -> None:
    with pytest.raises(UnsupportedOperationError, match="no session"):
        async for _ in sections:
            pass


class Nameless(BaseRepository[Any]):
    model_cls = None  # type: ignore[assignment]


class Unmapped(BaseRepository[Any]):
    model_cls = int


def test_repositories_without_a_model() -> None:
    session: Any = object()

    check(lambda: Nameless(session), ValueError, ("Nameless has no model", "model_cls"))
    check(lambda: BaseRepository(session), ValueError, ("BaseRepository has no model", "model_cls"))
    check(lambda: Unmapped(session), QueryError, ("<class 'int'>", "maps"))


def test_an_ordering_of_a_repository_that_is_none() -> None:
    class Ordered(BaseRepository[Section]):
        ordering = ("nme",)

    check(lambda: Ordered(AsyncSession()).objects, UnknownFieldError, ("'nme'",))
