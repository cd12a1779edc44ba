"""Programs as one writes them in a hurry: each ends in an error that says what to write instead."""

import asyncio
import inspect
import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from django_like_repos import (
    BaseRepository,
    Case,
    Count,
    Database,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QueryBuilder,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django_like_repos.functions import Left, Lower, RowNumber
from examples.help_center.models import PublicationStatus, Section, Subsection


class Another(DeclarativeBase):
    """A registry of its own."""


class Stranger(Another):
    __tablename__ = "strangers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class SectionRepository(BaseRepository[Section]):
    """The repository that all of them use."""


Repository: Any = SectionRepository
AnyQuerySet: Any = QuerySet
AnyQ: Any = Q
Builder: Any = QueryBuilder
"""What checkers would refuse is the point."""

Program = tuple[Callable[[Any, Any], Any], str]
"""What is run with a repository and its session, and what the error says."""

_AWAIT_ROWS = "await queryset"
_ENGINE = create_engine("sqlite://")
_ASYNC_ENGINE = create_async_engine("sqlite+aiosqlite:///:memory:")

LISTS: dict[str, Program] = {
    "a queryset in a for": (lambda r, s: [each.id for each in r.objects], "for … in await queryset"),
    "list() of it": (lambda r, s: list(r.objects), "for … in await queryset"),
    "its len()": (lambda r, s: len(r.objects), "await queryset.count()"),
    "it in an if": (lambda r, s: 1 if r.objects.filter(name="x") else 2, "await queryset.exists()"),
    "not of it": (lambda r, s: not r.objects, "await queryset.exists()"),
    "in of it": (lambda r, s: Section() in r.objects, "in await queryset"),
    "sum() of it": (lambda r, s: sum(r.objects), "await queryset"),
    "sorted() of it": (lambda r, s: sorted(r.objects), "await queryset"),
    "dict() of it": (lambda r, s: dict(r.objects), "await queryset"),
    "unpacking it": (lambda r, s: [*r.objects], "await queryset"),
    "comparing it with a list": (lambda r, s: r.objects == [], "what await gives"),
    "comparing two": (lambda r, s: r.objects == r.objects.all(), "what await gives"),
    "asking whether two differ": (lambda r, s: r.objects != r.objects.all(), "what await gives"),
    "comparing it with a number": (lambda r, s: r.objects == 0, "what await gives"),
    "asking whether it is more": (lambda r, s: r.objects > 3, "await queryset.count()"),
    "adding two": (lambda r, s: r.objects + r.objects, "union()"),
    "entering it": (lambda r, s: enter(r.objects), "rows = await queryset"),
    "entering it asynchronously": (lambda r, s: aenter(r.objects), "rows = await queryset"),
    "an attribute of a row by index": (lambda r, s: r.objects[0].name, "await queryset[0]"),
    "a row by index in an if": (lambda r, s: 1 if r.objects[0] else 2, "await queryset[0]"),
    "the last by -1": (lambda r, s: r.objects[-1], "reverse()"),
    "a slice to -1": (lambda r, s: r.objects[:-1], "reverse()"),
    "every second": (lambda r, s: r.objects[::2], "step"),
    "an index of text": (lambda r, s: r.objects["a"], "index"),
    "a slice of texts": (lambda r, s: r.objects["1":"2"], "slice"),
}

ELSEWHERE: dict[str, Program] = {
    "repo.filter": (lambda r, s: r.filter(name="x"), "self.objects.filter"),
    "repo.exclude": (lambda r, s: r.exclude(name="x"), "self.objects.exclude"),
    "repo.get": (lambda r, s: r.get(id=1), "self.objects.get"),
    "repo.all": (lambda r, s: r.all(), "self.objects.all"),
    "repo.first": (lambda r, s: r.first(), "self.objects.first"),
    "repo.count": (lambda r, s: r.count(), "self.objects.count"),
    "repo.exists": (lambda r, s: r.exists(), "self.objects.exists"),
    "repo.order_by": (lambda r, s: r.order_by("name"), "self.objects.order_by"),
    "repo.values_list": (lambda r, s: r.values_list("name"), "self.objects.values_list"),
    "repo.update": (lambda r, s: r.update(name="x"), "self.objects.update"),
    "repo.delete": (lambda r, s: r.delete(), "self.objects.delete"),
    "repo.get_or_create": (lambda r, s: r.get_or_create(name="x"), "self.objects.get_or_create"),
    "repo.annotate": (lambda r, s: r.annotate(n=Count("id")), "self.objects.annotate"),
    "objects.create": (lambda r, s: r.objects.create(name="x"), "await repository.create"),
    "objects.bulk_create": (lambda r, s: r.objects.bulk_create([]), "await repository.bulk_create"),
    "objects.acreate": (lambda r, s: r.objects.acreate(name="x"), "await repository.create"),
    "objects.save": (lambda r, s: r.objects.save(), "await repository.save"),
    "objects.limit": (lambda r, s: r.objects.limit(10), "queryset[:10]"),
    "objects.offset": (lambda r, s: r.objects.offset(10), "queryset[20:]"),
    "objects.where": (lambda r, s: r.objects.where(name="x"), "filter("),
    "objects.filter_by": (lambda r, s: r.objects.filter_by(name="x"), "filter("),
    "objects.join": (lambda r, s: r.objects.join("status"), "innerjoin"),
    "objects.group_by": (lambda r, s: r.objects.group_by("name"), "values("),
    "objects.having": (lambda r, s: r.objects.having(n=1), "annotate("),
    "objects.one": (lambda r, s: r.objects.one(), "await queryset.get"),
    "objects.one_or_none": (lambda r, s: r.objects.one_or_none(), "get_one_or_none"),
    "objects.scalars": (lambda r, s: r.objects.scalars(), _AWAIT_ROWS),
    "objects.fetchall": (lambda r, s: r.objects.fetchall(), _AWAIT_ROWS),
    "objects.to_list": (lambda r, s: r.objects.to_list(), _AWAIT_ROWS),
    "objects.sum": (lambda r, s: r.objects.sum("id"), "aggregate("),
    "objects.max": (lambda r, s: r.objects.max("id"), "aggregate("),
    "objects.raw": (lambda r, s: r.objects.raw("SELECT 1"), "RawSQL"),
    "objects.extra": (lambda r, s: r.objects.extra(where=["1=1"]), "RawSQL"),
    "objects.using": (lambda r, s: r.objects.using("other"), "in_session"),
    "objects.size": (lambda r, s: r.objects.size(), "count()"),
    "objects.dict": (lambda r, s: r.objects.dict(), "values("),
    "objects.objects": (lambda r, s: r.objects.objects, "already"),
    "objects.remove": (lambda r, s: r.objects.remove(), "delete()"),
    "objects.bulk_update": (lambda r, s: r.objects.bulk_update([], ["name"]), "update("),
}

NAMES: dict[str, Program] = {
    "a name with a slip": (lambda r, s: r.objects.filter(nme="x"), "did you mean 'name'?"),
    "a path with a slip": (lambda r, s: r.objects.filter(status__kode="x"), "did you mean 'code'?"),
    "a lookup with a slip": (lambda r, s: r.objects.filter(name__icontain="x"), "'icontains'"),
    "an order with a slip": (lambda r, s: r.objects.order_by("-nme"), "did you mean 'name'?"),
    "a dot in an order": (lambda r, s: r.objects.order_by("status.code"), "Section has"),
    "desc in an order": (lambda r, s: r.objects.order_by("name desc"), "did you mean 'name'?"),
    "a value with a slip": (lambda r, s: r.objects.values("nme"), "did you mean 'name'?"),
    "a column as a relation": (lambda r, s: r.objects.options("name"), "no relation"),
    "a join of a column": (lambda r, s: r.objects.outerjoin("name"), "no relation"),
    "a lookup in values": (lambda r, s: r.objects.values("name__icontains"), "filter()"),
    "a lookup in order_by": (lambda r, s: r.objects.order_by("name__icontains"), "filter()"),
    "a lookup of a relation": (lambda r, s: r.objects.filter(status__icontains="x"), "Lookups:"),
    "update of a related column": (lambda r, s: r.objects.update(status__code="x"), "own columns"),
    "update of no column": (lambda r, s: r.objects.update(nme="x"), "did you mean 'name'?"),
    "create with a slip": (lambda r, s: r.create(nme="x"), "did you mean 'name'?"),
    "create of a related column": (lambda r, s: r.create(status__code="x"), "Section has"),
    "bulk_create of lists": (lambda r, s: r.bulk_create([["x"]]), "takes dicts and instances of Section"),
    "bulk_create of another class": (lambda r, s: r.bulk_create([PublicationStatus()]), "of Section"),
    "values of twice the same": (lambda r, s: r.objects.values("name", "name"), "twice"),
    "flat of two": (lambda r, s: r.objects.values_list("id", "name", flat=True), "one field, not 2"),
    "an annotation called as a field": (lambda r, s: r.objects.annotate(name=Count("id")), "conflicts"),
    "an annotation without a name": (lambda r, s: r.objects.annotate(F("id")), "needs a name"),
    "an annotation of a number": (lambda r, s: r.objects.annotate(x=5), "Value(5)"),
    "an annotation with a blank": (lambda r, s: r.objects.annotate(**{"a b": F("id")}), "cannot be a name"),
}

VALUES: dict[str, Program] = {
    "a text for a number": (lambda r, s: r.objects.filter(id="one"), "an integer"),
    "a list for a value": (lambda r, s: r.objects.filter(id=[1, 2]), "an integer"),
    "a value for a list": (lambda r, s: r.objects.filter(id__in=1), "takes a list of values"),
    "a text for a list": (lambda r, s: r.objects.filter(name__in="ab"), "takes a list of values"),
    "one value for a range": (lambda r, s: r.objects.filter(id__range=5), "range"),
    "None to be compared": (lambda r, s: r.objects.filter(id__gt=None), "isnull"),
    "a text for isnull": (lambda r, s: r.objects.filter(id__isnull="maybe"), "isnull"),
    "a date for a number": (lambda r, s: r.objects.filter(id=date(2026, 1, 1)), "an integer"),
    "an instance of another model": (lambda r, s: r.objects.filter(status=Subsection()), "PublicationStatus"),
    "a model of another registry": (
        lambda r, s: r.objects.filter(status=Stranger(id=1)),
        "PublicationStatus",
    ),
    "a coroutine as a value": (lambda r, s: closing(r.objects.count(), r), "an integer"),
    "a queryset as a value": (lambda r, s: r.objects.filter(id=QuerySet(Subsection)), "in"),
    "a broken pattern": (lambda r, s: r.objects.filter(name__regex="("), "regular expression"),
    "a condition that is a text": (lambda r, s: r.objects.filter("name = 1"), "give keywords"),
    "a condition that is True": (lambda r, s: r.objects.filter(True), "give keywords"),
    "a condition by ==": (lambda r, s: r.objects.filter(F("name") == "x"), "give keywords"),
    "and between Qs' values": (lambda r, s: r.objects.filter({"name": "x"}), "give keywords"),
    "a connector as a text": (lambda r, s: AnyQ(name="x", id=1, _connector="OR"), "Q.OR"),
    "a negation as a keyword": (lambda r, s: AnyQ(name="x", _negated=True), "write ~Q"),
    "allow as a text": (lambda r, s: Q.from_untrusted({}, "name"), "a list of names"),
    "get_by_pk of a text": (lambda r, s: r.get_by_pk("x"), "an integer"),
    "batches of none": (lambda r, s: r.bulk_create([{"name": "x"}], batch_size=0), "positive whole number"),
    "a path too long": (
        lambda r, s: r.objects.filter(**{"status__sections__" * 30 + "id": 1}),
        "in a query of its own",
    ),
}

CALLS: dict[str, Program] = {
    "filter after a slice": (lambda r, s: r.objects[:5].filter(id=1), "cannot follow a slice"),
    "order_by after a slice": (lambda r, s: r.objects[:5].order_by("id"), "cannot follow a slice"),
    "delete of a slice": (lambda r, s: r.objects[:5].delete(), "cannot follow a slice"),
    "update of a slice": (lambda r, s: r.objects[:5].update(name="x"), "cannot follow a slice"),
    "update of nothing": (lambda r, s: r.objects.update(), "nothing to set"),
    "update of a text": (lambda r, s: r.objects.update("name"), "a dict or keywords"),
    "delete of values": (lambda r, s: r.objects.values("id").delete(), "cannot follow values()"),
    "filter after union": (lambda r, s: r.objects.union(r.objects).filter(id=1), "on the querysets before"),
    "union of a list": (lambda r, s: r.objects.union([]), "takes querysets"),
    "union of different columns": (
        lambda r, s: r.objects.values("id").union(r.objects.values("id", "name")),
        "as many columns",
    ),
    "| of different models": (lambda r, s: r.objects | QuerySet(Subsection), "different models"),
    "| of a Q": (lambda r, s: r.objects | Q(id=1), "with querysets"),
    "in_bulk by what is not unique": (lambda r, s: r.objects.in_bulk([1], field_name="name"), "unique"),
    "latest of nothing": (lambda r, s: r.objects.latest(), "needs the fields"),
    "aggregate of a field": (lambda r, s: r.objects.aggregate(x=F("id")), "no aggregate"),
    "an aggregate of one": (
        lambda r, s: r.objects.annotate(n=Count("id")).annotate(m=Sum("n")),
        "of an aggregate",
    ),
    "text times number": (lambda r, s: r.objects.annotate(x=F("name") * 2), "output_field"),
    "a CASE of two kinds": (
        lambda r, s: r.objects.annotate(x=Case(When(id=1, then=Value("a")), default=Value(1))),
        "output_field",
    ),
    "When of a text": (lambda r, s: When("name", then=1), "a Q, an expression"),
    "Left of nothing": (lambda r, s: Left("name", 0), "greater than 0"),
    "too many arguments": (lambda r, s: Lower("name", "id"), "exactly 1 argument"),
    "a subquery of several columns": (
        lambda r, s: r.objects.annotate(x=Subquery(QuerySet(Subsection).values("id", "name"))),
        "values_list() chooses it",
    ),
    "OuterRef outside": (lambda r, s: r.objects.filter(id=OuterRef("id")).sql(), "it goes into Subquery()"),
    "Exists of a model": (lambda r, s: r.objects.filter(Exists(Section)), "queryset"),
    "a window in update": (lambda r, s: r.objects.update(id=Window(RowNumber())), "window"),
    "a relation without a name": (lambda r, s: r.objects.filter(FilteredRelation("status")), "condition"),
    "a limit below 0": (lambda r, s: Builder(Section).limit(-1), "from 0 on"),
    "a limit of text": (lambda r, s: Builder(Section).limit("5"), "a whole number"),
    "get that finds none": (lambda r, s: r.objects.get(id=999), "no Section"),
    "get that finds several": (lambda r, s: r.objects.get(id__gt=0), "more than one Section"),
    "a queryset without a session": (lambda r, s: wait(QuerySet(Section)), "in_session()"),
    "an unpickled queryset": (lambda r, s: wait(pickle.loads(pickle.dumps(r.objects))), "in_session()"),
    "yield_per": (lambda r, s: r.objects.execution_options(yield_per=10), "session.stream_scalars("),
    "two queries at once": (lambda r, s: at_once(r), "give each task a session of its own"),
    "values of nothing under strict names": (
        lambda r, s: r.strict_names(["id"]).objects.values(),
        "says which fields",
    ),
}

SESSIONS: dict[str, Program] = {
    "a synchronous session": (lambda r, s: Repository(Session(_ENGINE)), "create_async_engine()"),
    "a synchronous scoped session": (
        lambda r, s: Repository(scoped_session(sessionmaker(_ENGINE))),
        "create_async_engine()",
    ),
    "a synchronous factory": (lambda r, s: Repository(sessionmaker(_ENGINE)), "create_async_engine()"),
    "a synchronous engine": (lambda r, s: Repository(_ENGINE), "create_async_engine()"),
    "an engine": (lambda r, s: Repository(_ASYNC_ENGINE), "Database(engine).session()"),
    "a factory": (lambda r, s: Repository(async_sessionmaker(_ASYNC_ENGINE)), "async with factory()"),
    "the class": (lambda r, s: Repository(AsyncSession), "async with database.session()"),
    "a URL": (lambda r, s: Repository("sqlite+aiosqlite://"), "async with database.session()"),
    "the database": (
        lambda r, s: Repository(Database(_ASYNC_ENGINE)),
        "async with database.session()",
    ),
    "a session not entered": (
        lambda r, s: Repository(Database(_ASYNC_ENGINE).session()),
        "async with",
    ),
    "a dependency not asked": (lambda r, s: Repository(sessions()), "Depends()"),
    "None as a repository's": (lambda r, s: Repository(None).objects.count(), "in_session()"),
    "of a queryset": (lambda r, s: AnyQuerySet(Section, Session(_ENGINE)), "create_async_engine()"),
    "a repository without a model": (lambda r, s: BaseRepository(s), "model_cls"),
    "a model that is none": (lambda r, s: AnyQuerySet(int), "maps"),
    "a base for a model": (lambda r, s: AnyQuerySet(Another), "maps"),
    "a table for a model": (lambda r, s: AnyQuerySet(Section.__table__), "maps"),
    "a model's instance": (lambda r, s: AnyQuerySet(Section()), "maps"),
    "a statement for a queryset": (lambda r, s: r.objects.union(select(Section)), "takes querysets"),
    "a zone that there is not": (lambda r, s: AnyQuerySet(Section, time_zone="Mars/Base"), "Mars/Base"),
}

PROGRAMS = {
    f"{of}: {name}": program
    for of, programs in {
        "no list": LISTS,
        "elsewhere": ELSEWHERE,
        "names": NAMES,
        "values": VALUES,
        "calls": CALLS,
        "sessions": SESSIONS,
    }.items()
    for name, program in programs.items()
}


async def wait(queryset: Any) -> Any:
    return await queryset


async def at_once(repository: Any) -> None:
    await asyncio.gather(repository.objects.count(), repository.objects.count())


async def sessions() -> Any:
    yield None


def closing(coroutine: Any, repository: Any) -> None:
    try:
        repository.objects.filter(id=coroutine)
    finally:
        coroutine.close()


def enter(queryset: Any) -> None:
    with queryset:
        pass


async def aenter(queryset: Any) -> None:
    async with queryset:
        pass


def test_there_are_enough() -> None:
    assert len(PROGRAMS) >= 120


async def run(program: Callable[[Any, Any], Any], session: AsyncSession) -> None:
    found = program(Repository(session), session)
    if inspect.isawaitable(found):
        await found


@pytest.mark.parametrize("name", PROGRAMS)
async def test_careless(name: str, sqlite_session: AsyncSession) -> None:
    program, fix = PROGRAMS[name]
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of which class it is others test
        await run(program, sqlite_session)
    message = str(caught.value)
    assert fix in message, message
