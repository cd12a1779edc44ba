"""Lookups and transforms of a user's own: planned, cached, negated and joined like those that are there.

Each test registers what it needs; afterwards that is forgotten.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from sqlalchemy import ColumnElement, Integer, String, func
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Database,
    F,
    InvalidLookupValueError,
    Lookup,
    Q,
    QueryError,
    QuerySet,
    Transform,
    UnknownFieldError,
    UnknownLookupError,
    register_lookup,
    register_transform,
)
from django_like_repos.language.transforms import dates
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS
from tests.plans.office import Office, ids
from tests.plans.schema import Cents, Depot, Mirrored, Parcel, Sample, Slot, Stamp, Van, Vehicle


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """Puts the names back that a test gives a meaning."""
    lookups, transforms = dict(LOOKUPS._items), dict(TRANSFORMS._items)
    yield
    LOOKUPS._items, TRANSFORMS._items = lookups, transforms
    LOOKUPS.add(None, (), Lookup)


class LongerThan(Lookup):
    name = "longer_than"
    takes = Integer()

    def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.length(left) > right


class Initial(Transform):
    name = "initial"

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.substr(value, 1, 1)


class Length(Transform):
    name = "length"
    result = Integer()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.length(value)


class Negative(Transform):
    name = "negative"

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return -value


LOOKUP_PLACES: dict[str, tuple[dict[str, Any], list[int], list[int]]] = {
    "plain": ({"title__longer_than": 3}, [4, 6, 8], [1, 2, 3, 5, 7]),
    "a value that is coerced": ({"title__longer_than": "3"}, [4, 6, 8], [1, 2, 3, 5, 7]),
    "through a to-one path": ({"depot__city__longer_than": 3}, [1, 2, 5, 6, 8], [3, 4, 7]),
    "through a to-many path": ({"stamps__text__longer_than": 2}, [1, 4, 6], [2, 3, 5, 7, 8]),
    "through two": ({"children__stamps__text__longer_than": 2}, [5], [1, 2, 3, 4, 6, 7, 8]),
    "with a field": ({"title__longer_than": F("rank")}, [1, 2, 5, 6, 7, 8], [3, 4]),
    "with a field of a related row": ({"title__longer_than": F("depot__rank")}, [1, 2, 6, 8], [3, 4, 5, 7]),
    "with arithmetic": ({"title__longer_than": F("id") - 2}, [1, 2, 4, 6], [3, 5, 7, 8]),
    "with a field of the row at hand": (
        {"stamps__text__longer_than": F("stamps__rank")},
        [1, 2, 6, 8],
        [2, 3, 4, 5, 6, 7],
    ),
}
TRANSFORM_PLACES: dict[str, tuple[dict[str, Any], list[int], list[int]]] = {
    "plain": ({"title__initial": "А"}, [1, 7], [2, 3, 4, 5, 6, 8]),
    "a lookup after it": ({"title__initial__in": ["А", "1"]}, [1, 4, 7], [2, 3, 5, 6, 8]),
    "none of it": ({"title__initial__isnull": True}, [3], [1, 2, 4, 5, 6, 7, 8]),
    "another after it": ({"title__initial__length": 1}, [1, 2, 4, 6, 7, 8], [3, 5]),
    "of another type": ({"title__length__gte": "4"}, [4, 6, 8], [1, 2, 3, 5, 7]),
    "through a to-one path": ({"depot__city__initial": "R"}, [1, 5, 8], [2, 3, 4, 6, 7]),
    "through a to-many path": ({"stamps__text__initial": "o"}, [1, 6], [2, 3, 4, 5, 7, 8]),
    "of a key that need not be joined": ({"depot__id__negative": -1}, [1, 5, 8], [2, 3, 4, 6, 7]),
    "of one in between": ({"stamps__depot__id__negative": "-1"}, [1, 2, 8], [3, 4, 5, 6, 7]),
    "with a field": ({"title__initial": F("code")}, [5], [1, 2, 3, 4, 6, 7, 8]),
    "with another of its kind": ({"title__length": F("code__length")}, [1, 2, 5, 7], [3, 4, 6, 8]),
    "on the right": ({"rank": F("title__length")}, [], [1, 2, 3, 4, 5, 6, 7, 8]),
    "of a related row on the right": ({"rank__lt": F("depot__city__length")}, [1, 2, 5, 6, 8], [3, 4, 7]),
}
PLACES = {
    **{f"a lookup {place}": case for place, case in LOOKUP_PLACES.items()},
    **{f"a transform {place}": case for place, case in TRANSFORM_PLACES.items()},
}


@pytest.fixture
def ours() -> None:
    """The lookup and the transforms above."""
    register_lookup(LongerThan, of=String)
    register_transform(Initial, of=String)
    register_transform(Length, of=String)
    register_transform(Negative, of=Integer)


@pytest.mark.sampled
@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(("lookups", "found", "others"), PLACES.values(), ids=PLACES)
async def test_every_place_of_a_built_in(
    session: AsyncSession, office: Office, lookups: dict[str, Any], found: list[int], others: list[int]
) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    for _ in range(2):
        assert ids(await parcels.filter(**lookups)) == found
        assert ids(await parcels.exclude(**lookups)) == others
        assert ids(await parcels.filter(~Q(**lookups) | Q(id=0))) == others
        assert await parcels.filter(**lookups).count() == len(found)
        assert await parcels.exclude(**lookups).exists() == bool(others)

    assert (office.plans.info().misses, office.plans.info().hits) == (5, 5)


@pytest.mark.usefixtures("ours")
async def test_the_sql_of_a_lookup(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    await parcels.filter(title__longer_than="3")
    assert office.conditions == "length(parcels.title) > 3 ORDER BY parcels.id ASC"
    await parcels.exclude(title__longer_than=3)
    assert office.conditions == (
        "NOT (length(parcels.title) > 3 AND parcels.title IS NOT NULL) ORDER BY parcels.id ASC"
    )
    await parcels.filter(depot__city__longer_than=F("rank") + 1)
    assert office.conditions == "length(depots_0.city) > parcels.rank + 1 ORDER BY parcels.id ASC"
    await parcels.exclude(stamps__text__longer_than=2)
    assert office.conditions == (
        "NOT (EXISTS (SELECT 1 FROM stamps AS stamps_0 WHERE parcels.id = stamps_0.parcel_id "
        "AND length(stamps_0.text) > 2)) ORDER BY parcels.id ASC"
    )


@pytest.mark.usefixtures("ours")
async def test_the_sql_of_a_transform(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    await parcels.filter(title__initial__length__gte="1")
    assert office.conditions == "length(substr(parcels.title, 1, 1)) >= 1 ORDER BY parcels.id ASC"
    await parcels.exclude(title__initial=F("depot__city__initial"))
    assert office.conditions.replace("NOT 1", "NOT true") == (
        "(substr(parcels.title, 1, 1) = substr(depots_0.city, 1, 1)) IS NOT true ORDER BY parcels.id ASC"
    )


@pytest.mark.usefixtures("ours")
async def test_one_plan_for_all_values(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    found = [ids(await parcels.filter(title__longer_than=length)) for length in (5, "3", 4, 9)]

    assert found == [[6], [4, 6, 8], [6], []]
    assert (office.plans.info().misses, office.plans.info().hits) == (1, 3)

    found = [
        ids(await parcels.filter(title__initial__in=initials)) for initials in (["А", "1"], ["a"], {*"xyz"})
    ]
    assert found == [[1, 4, 7], [6], []]
    assert (office.plans.info().misses, office.plans.info().hits) == (2, 5)


@pytest.mark.usefixtures("ours")
async def test_one_call_speaks_of_one_related_row(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(stamps__text__longer_than=2, stamps__rank=2)) == [1, 6]
    assert office.sql.last.count("stamps AS") == 1
    assert ids(await parcels.filter(stamps__text__initial="o", stamps__text__longer_than=2)) == [1, 6]
    assert office.sql.last.count("stamps AS") == 1
    assert ids(await parcels.filter(stamps__text__longer_than=2).filter(stamps__rank=1)) == [1]
    assert office.sql.last.count("stamps AS") == 2
    assert ids(await parcels.filter(Q(stamps__rank=2), ~Q(stamps__text__longer_than=2))) == [6]


@pytest.mark.usefixtures("ours")
async def test_in_every_kind_of_chain(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    stamped = QuerySet(Stamp).filter(text__longer_than=2, text__initial="o").values_list("parcel_id")

    assert ids(await parcels.filter(id__in=stamped).order_by("id")) == [1, 6]
    assert ids(await parcels.filter(title__length__gt=2).order_by("-title__length", "id")[1:4]) == [4, 8, 1]
    assert ids(await parcels.order_by("stamps__text__length").filter(stamps__rank=2)) == [6, 1]
    assert await parcels.order_by("id").values_list("title__initial", "depot__city__length")[:3] == [
        ("А", 4),
        ("а", 4),
        (None, None),
    ]
    assert sorted(await parcels.values_list("code__length", flat=True).distinct()) == [0, 1, 3]
    assert (await parcels.filter(title__longer_than=3, depot__city__initial="R").update(rank=9)).rowcount == 1
    assert (
        await parcels.exclude(title__initial="А").filter(stamps__text__longer_than=2).delete()
    ).rowcount == 2
    assert await parcels.order_by("id").values_list("id", "rank") == [
        (1, 1),
        (2, 2),
        (3, 3),
        (5, -1),
        (7, 1),
        (8, 9),
    ]


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title__longer_than", "three"),
        ("title__longer_than", None),
        ("title__longer_than", [3]),
        ("title__length", "four"),
        ("depot__city__length__in", ["four"]),
        ("title__initial", b"A"),
    ],
)
def test_what_a_value_cannot_be(name: str, value: Any) -> None:
    with pytest.raises(InvalidLookupValueError, match=name):
        QuerySet(Parcel).filter(**{name: value})


@pytest.mark.usefixtures("ours")
async def test_integers_beyond_every_column(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session)

    assert await parcels.filter(title__longer_than=2**63) == []
    assert await parcels.filter(title__length=2**70).count() == 0
    assert len(office.sql) == 0
    assert len(await parcels.filter(title__length__lt=2**70)) == 7


class Differs(Lookup):
    """One that NULL answers, too."""

    name = "differs"
    null_safe = True

    def tolerates(self, operand: Any) -> bool:
        return True

    def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
        return left.is_distinct_from(right)


async def test_a_lookup_that_null_answers(session: AsyncSession) -> None:
    register_lookup(Differs)
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(title__differs="Ада")) == [2, 3, 4, 5, 6, 8]
    assert ids(await parcels.exclude(title__differs="Ада")) == [1, 7]
    assert ids(await parcels.filter(depot__city__differs="Riga")) == [2, 3, 4, 6, 7]
    assert ids(await parcels.exclude(depot__city__differs="Riga")) == [1, 5, 8]
    assert ids(await parcels.filter(rank__differs=F("floor"))) == [2, 3, 5, 7]


class Prepared(Lookup):
    """One with a say in what is bound, and in what None is."""

    name = "within"
    also = ("inside",)

    def prepare(self, value: Any) -> Any:
        return f"-{value}-"

    def read_none(self, target: Any) -> Any:
        return target.null(True)

    def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.replace(right, left, "") != right


def test_what_a_lookup_refuses() -> None:
    class Even(LongerThan):
        name = "even"

        def prepare(self, value: Any) -> Any:
            if value % 2:
                raise ValueError("an even number")
            return value

    register_lookup(Even, of=String)

    assert QuerySet(Parcel).filter(title__even=2)._query.params == (2,)
    with pytest.raises(InvalidLookupValueError, match=r"title__even=3 .* takes an even number"):
        QuerySet(Parcel).filter(title__even=3)


async def test_what_a_lookup_binds(session: AsyncSession, office: Office) -> None:
    register_lookup(Prepared, of=Parcel.code)
    parcels = QuerySet(Parcel, session).order_by("id")

    assert ids(await parcels.filter(code__within="xyz_abc")) == [1, 3, 6, 7]
    assert ids(await parcels.filter(code__inside="z")) == [6]
    assert (office.plans.info().misses, office.plans.info().hits) == (1, 1)
    assert ids(await parcels.filter(code__within=None)) == []
    assert office.conditions == "parcels.code IS NULL ORDER BY parcels.id ASC"


# Where a name is known


def marked(word: str) -> type[Lookup]:
    """A lookup of one name, told from others by its SQL."""

    class Marked(Lookup):
        name: ClassVar[str] = "marked"
        takes = Integer()

        def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
            called: ColumnElement[Any] = getattr(func, f"by_{word}")(left)
            return called == right

    return Marked


def marking(word: str) -> type[Transform]:
    """A transform of the same kind."""

    class Marking(Transform):
        name: ClassVar[str] = "marked"

        def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
            said: ColumnElement[Any] = getattr(func, f"by_{word}")(value)
            return said

    return Marking


Where = tuple[Any, str]


def mark(where: Where) -> str | None:
    """By what word a lookup of that name is found there."""
    model, path = where
    try:
        queryset: Any = QuerySet(model).filter(**{f"{path}__marked": 1})
    except (UnknownFieldError, UnknownLookupError):
        return None
    said = re.search(r"\bby_(\w+)\(", queryset.sql())
    return said and said[1]


def mark_of_transform(where: Where) -> str | None:
    """By what word a transform is found there."""
    model, path = where
    try:
        queryset: Any = QuerySet(model).values_list(f"{path}__marked")
    except QueryError:
        return None
    said = re.search(r"\bby_(\w+)\(", queryset.sql())
    return said and said[1]


FIELDS: list[Where] = [
    (Parcel, "title"),
    (Parcel, "code"),
    (Parcel, "rank"),
    (Parcel, "floor"),
    (Parcel, "postage"),
    (Parcel, "labels"),
    (Parcel, "depot_id"),
    (Parcel, "depot__city"),
    (Parcel, "parent__title"),
    (Parcel, "sent_on"),
    (Parcel, "sent_on__year"),
    (Parcel, "sent_at__month"),
    (Stamp, "parcel__title"),
    (Depot, "city"),
    (Depot, "parcels__title"),
    (Sample, "mirrored"),
    (Vehicle, "name"),
    (Vehicle, "plate"),
    (Vehicle, "van__plate"),
    (Van, "name"),
    (Van, "plate"),
]
RELATIONS: list[Where] = [(Parcel, "depot"), (Parcel, "stamps"), (Slot, "pk")]
KNOWN: dict[str, tuple[Any, set[Where]]] = {
    "all": (None, {*FIELDS}),
    "a type": (
        String,
        {
            *[(Parcel, path) for path in ("title", "code", "depot__city", "parent__title")],
            *[(Stamp, "parcel__title"), (Depot, "city"), (Depot, "parcels__title"), (Sample, "mirrored")],
            *[(Vehicle, path) for path in ("name", "plate", "van__plate")],
            *[(Van, path) for path in ("name", "plate")],
        },
    ),
    "a type that others are made of": (
        Integer,
        {
            *[(Parcel, path) for path in ("rank", "floor", "postage", "depot_id")],
            *[(Parcel, path) for path in ("sent_on__year", "sent_at__month")],
        },
    ),
    "a decorated type": (Cents, {(Parcel, "postage")}),
    "a column": (
        Parcel.title,
        {(Parcel, "title"), (Parcel, "parent__title"), (Stamp, "parcel__title"), (Depot, "parcels__title")},
    ),
    "a column that a subclass inherits": (Vehicle.name, {(Vehicle, "name"), (Van, "name")}),
    "it in the subclass": (Van.name, {(Van, "name")}),
    "a column of a subclass": (Van.plate, {(Van, "plate"), (Vehicle, "plate"), (Vehicle, "van__plate")}),
    "a transform": (dates.Year, {(Parcel, "sent_on__year")}),
    "transforms of a kind": (dates.Part, {(Parcel, "sent_on__year"), (Parcel, "sent_at__month")}),
}


@pytest.mark.parametrize(("of", "known"), KNOWN.values(), ids=KNOWN)
def test_where_a_lookup_is_known(of: Any, known: set[Where]) -> None:
    assert [where for where in FIELDS if mark(where)] == []

    register_lookup(marked("us"), of=of)

    # A relation is about the key at its end.
    keys = {None: [*RELATIONS], Integer: [*RELATIONS[:2]]}.get(of, [])
    assert {where for where in (*FIELDS, *RELATIONS) if mark(where) == "us"} == {*known, *keys}


@pytest.mark.parametrize(("of", "known"), KNOWN.values(), ids=KNOWN)
def test_where_a_transform_is_known(of: Any, known: set[Where]) -> None:
    # Of documents every name is known: it is a key.
    fields = [where for where in FIELDS if where != (Parcel, "labels")]
    assert [where for where in fields if mark_of_transform(where)] == []

    register_transform(marking("us"), of=of)

    assert {where for where in fields if mark_of_transform(where) == "us"} == known - {(Parcel, "labels")}
    # That of the key at their end, if it is one column.
    keys = {None: [*RELATIONS[:2]], Integer: [*RELATIONS[:2]]}.get(of, [])
    assert [where for where in RELATIONS if mark_of_transform(where)] == keys


# Of each field the places where a name may be known for it, the most particular first.
PRECEDENCE: dict[str, tuple[Where, list[Any]]] = {
    "a column": ((Parcel, "title"), [Parcel.title, String, None]),
    "one behind relations": ((Stamp, "parcel__depot__city"), [Depot.city, String, None]),
    "one of a decorated type": ((Sample, "mirrored"), [Sample.mirrored, Mirrored, String, None]),
    "one that is inherited": ((Van, "name"), [Van.name, Vehicle.name, String, None]),
    "the result of a transform": ((Parcel, "sent_on__year"), [dates.Year, dates.Part, Integer, None]),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("where", "places"), PRECEDENCE.values(), ids=PRECEDENCE)
@pytest.mark.parametrize(
    ("register", "make", "found"),
    [(register_lookup, marked, mark), (register_transform, marking, mark_of_transform)],
    ids=["lookup", "transform"],
)
def test_the_most_particular_place_wins(
    register: Any,
    make: Callable[[str], Any],
    found: Callable[[Where], str | None],
    where: Where,
    places: list[Any],
    backwards: bool,
) -> None:
    numbered = list(enumerate(places))
    winners = []
    for number, place in numbered if backwards else reversed(numbered):
        register(make(str(number)), of=place)
        winners.append(found(where))

    assert winners == (
        ["0"] * len(places) if backwards else [str(number) for number, _ in reversed(numbered)]
    )


def test_a_built_in_name_may_mean_something_else_somewhere() -> None:
    class Contains(LongerThan):
        name = "contains"

    register_lookup(Contains, of=Parcel.title)

    assert "length(parcels.title) > 3" in QuerySet(Parcel).filter(title__contains=3).sql()
    assert "parcels.code LIKE '%3%'" in QuerySet(Parcel).filter(code__contains=3).sql()
    assert "LIKE '%3%'" in QuerySet(Depot).filter(city__contains=3).sql()


def test_another_name_of_a_lookup_stays_its_own() -> None:
    class Longer(LongerThan):
        name = "longer"
        also = ("lengthier",)

    class LongerText(Measured):
        name = "longer"

    register_lookup(Longer)
    register_lookup(LongerText, of=Parcel.title)

    assert "length(parcels.title) > length('333')" in QuerySet(Parcel).filter(title__longer="333").sql()
    assert "length(parcels.title) > 3" in QuerySet(Parcel).filter(title__lengthier="3").sql()


def test_forms_of_registering() -> None:
    @register_lookup
    class Everywhere(LongerThan):
        name = "everywhere"

    @register_lookup(of=Integer)
    @register_lookup(of=String)
    class Twice(LongerThan):
        name = "twice"

    @register_lookup()
    class Called(LongerThan):
        name = "called"

    @register_transform
    class First(Initial):
        name = "first"

    @register_transform(of=Parcel.code)
    class Only(Initial):
        name = "only"

    assert issubclass(Everywhere, Lookup)
    assert issubclass(Only, Transform)
    assert register_lookup(Twice, of=Cents) is Twice
    assert register_transform(First, of=Cents) is First
    for name in ("everywhere", "twice", "called", "first", "code__only", "first__everywhere"):
        field = "" if name.startswith("code") else "rank__"
        assert "parcels" in QuerySet(Parcel).filter(**{f"{field}{name}": 1}).sql()
    for name in ("title__only", "sent_on__twice"):
        with pytest.raises(UnknownLookupError):
            QuerySet(Parcel).filter(**{name: 1})


@pytest.mark.parametrize(
    "of",
    [
        String(3),
        "title",
        Parcel,
        Parcel.__table__.c.title,
        int,
        str,
        Lookup,
        LongerThan,
        Initial("i", String(), "UTC"),
        Parcel.depot,
        Parcel.stamps,
    ],
    ids=lambda of: getattr(of, "__name__", None) or type(of).__name__,
)
@pytest.mark.parametrize(("register", "what"), [(register_lookup, LongerThan), (register_transform, Initial)])
def test_what_a_name_cannot_be_known_to(register: Any, what: Any, of: Any) -> None:
    with pytest.raises(QueryError, match="of a type, a column or a transform"):
        register(what, of=of)
    with pytest.raises(QueryError, match="of a type, a column or a transform"):
        register(of=of)(what)
    with pytest.raises(UnknownLookupError):
        QuerySet(Parcel).filter(title__longer_than=1, title__initial="1")


@pytest.mark.parametrize(
    ("register", "base"),
    [(register_lookup, LongerThan), (register_transform, Initial)],
    ids=["lookup", "transform"],
)
def test_what_cannot_be_registered(register: Any, base: Any) -> None:
    nameless = type("Nameless", (base.__base__,), {"sql": base.sql})
    speechless = type("Speechless", (base.__base__,), {"name": "speechless"})
    misnamed = [type("Misnamed", (base,), {"name": name}) for name in ("", "longer__than", None)]
    misnamed += [type("Misnamed", (base,), {"also": ("fine", "not__fine")})]

    for wrong in (nameless, speechless, *misnamed, str, base.sql, "longer_than", 5, base.__base__):
        with pytest.raises(QueryError):
            register(wrong)
        with pytest.raises(QueryError):
            register(of=String)(wrong)
    for name in (base.name, "speechless", "fine"):
        with pytest.raises(UnknownLookupError):
            QuerySet(Parcel).filter(**{f"title__{name}": "1"})


def test_errors_name_what_is_known() -> None:
    register_lookup(LongerThan, of=Parcel.title)
    register_transform(Initial, of=String)

    with pytest.raises(UnknownLookupError, match="longer_than"):
        QuerySet(Parcel).filter(title__longer_then=1)
    with pytest.raises(UnknownLookupError, match="initial"):
        QuerySet(Parcel).filter(code__initials="a")
    with pytest.raises(UnknownLookupError) as unknown:
        QuerySet(Parcel).filter(code__longer_then=1)
    assert "longer_than" not in str(unknown.value)


# Names that get another meaning


class Measured(Lookup):
    """The same of the length of a text, where `LongerThan` takes a number."""

    name = "longer_than"

    def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
        return func.length(left) > func.length(right)


class InitialLength(Length):
    name = "initial"


async def test_a_lookup_registered_anew(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    register_lookup(LongerThan, of=String)
    assert ids(await parcels.filter(title__longer_than="3")) == [4, 6, 8]

    register_lookup(Measured, of=String)

    assert office.plans.info().currsize == 0
    assert ids(await parcels.filter(title__longer_than="3")) == [1, 2, 4, 6, 7, 8]
    assert ids(await parcels.exclude(title__longer_than="333")) == [1, 2, 3, 5, 7]
    assert ids(await parcels.filter(depot__city__longer_than="333")) == [1, 2, 5, 6, 8]


async def test_a_lookup_registered_where_it_is_more_particular(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session).order_by("id")
    register_lookup(LongerThan)
    for _ in range(2):
        assert ids(await parcels.filter(title__longer_than="3")) == [4, 6, 8]
        assert ids(await parcels.filter(code__longer_than="2")) == [1, 2, 3, 4, 7]

    register_lookup(Measured, of=Parcel.title)

    assert ids(await parcels.filter(title__longer_than="3")) == [1, 2, 4, 6, 7, 8]
    assert ids(await parcels.filter(code__longer_than="2")) == [1, 2, 3, 4, 7]


async def test_a_built_in_lookup_registered_anew(session: AsyncSession) -> None:
    class Unlike(Lookup):
        name = "exact"

        def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
            return left != right

    parcels = QuerySet(Parcel, session).order_by("id")
    assert ids(await parcels.filter(code="abc", rank=1)) == [1, 7]

    register_lookup(Unlike, of=Parcel.code)

    assert ids(await parcels.filter(code="abc", rank__in=[1, 2])) == [2]
    assert ids(await parcels.filter(code="xyz", rank__in=[1, 2])) == [1, 2, 7]


async def test_a_transform_registered_anew(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    register_transform(Initial, of=String)
    assert ids(await parcels.filter(title__initial="4")) == []
    assert ids(await parcels.filter(title__initial="1")) == [4]
    assert ids(await parcels.filter(title__gt="").filter(code=F("code__initial")).order_by("id")) == [6, 8]
    assert await parcels.order_by("id").values_list("title__initial", flat=True)[3:6] == ["1", "", "a"]
    assert ids(await parcels.filter(id__in=[4, 6, 8]).order_by("-code__initial")[2:]) == [4]

    register_transform(InitialLength, of=String)

    assert ids(await parcels.filter(title__initial="4").order_by("id")) == [4, 8]
    assert ids(await parcels.filter(title__initial="1")) == []
    assert ids(await parcels.filter(rank=F("code__initial")).order_by("id")) == [3]
    assert await parcels.order_by("id").values_list("title__initial", flat=True)[3:6] == [4, 0, 6]
    assert ids(await parcels.filter(id__in=[4, 6]).order_by("-code__initial")) == [4, 6]


async def test_a_key_of_documents_that_becomes_a_transform(session: AsyncSession) -> None:
    class Number(Transform):
        name = "number"
        result = Integer()

        def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
            return func.abs(-7)

    parcels = QuerySet(Parcel, session).order_by("id")
    assert ids(await parcels.filter(labels__number=7)) == [7]
    assert await parcels.values_list("labels__number", flat=True)[:2] == [1, 2]

    register_transform(Number, of=Parcel.labels)

    assert len(await parcels.filter(labels__number=7)) == 8
    assert await parcels.values_list("labels__number", flat=True)[:2] == [7, 7]


async def test_a_transform_that_becomes_a_lookup(session: AsyncSession) -> None:
    class InitialOf(Lookup):
        name = "initial"

        def sql(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[bool]:
            return left == func.substr(right, 1, 1)

    parcels = QuerySet(Parcel, session).order_by("id")
    register_transform(Initial, of=String)
    assert ids(await parcels.filter(code__initial="z")) == [6]
    assert ids(await parcels.filter(code__initial="zebra")) == []

    register_lookup(InitialOf, of=String)

    assert ids(await parcels.filter(code__initial="zebra")) == [6]
    assert ids(await parcels.filter(code__initial__in=["z", "a"])) == [1, 2, 4, 6, 7]


async def test_every_engine_forgets(office: Office) -> None:
    register_lookup(LongerThan, of=String)
    async with Database(office.database.engine.url) as another:
        for _ in range(2):
            for database in (office.database, another):
                async with database.session() as session:
                    await QuerySet(Parcel, session).filter(title__longer_than="3")
        assert [each.plans.info().hits for each in (office.database, another)] == [1, 1]

        register_lookup(Measured, of=String)

        for database in (office.database, another):
            async with database.session() as session:
                parcels = QuerySet(Parcel, session).filter(title__longer_than="3")
                assert ids(await parcels.order_by("id")) == [1, 2, 4, 6, 7, 8]
