"""Functions in paths: ``register_transform()`` makes a function of one value a transform."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Integer, Numeric, String

from django_like_repos import (
    Database,
    F,
    Func,
    Q,
    QueryError,
    UnknownLookupError,
    UnsupportedOperationError,
    register_lookup,
    register_transform,
)
from django_like_repos.language.lookups import Lookup
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS
from django_like_repos.query import Transform
from django_like_repos.query.functions.dates import Extract, ExtractYear
from django_like_repos.query.functions.math import Abs, Round, Sqrt
from django_like_repos.query.functions.text import SHA256, Concat, Left, Length, Lower, Reverse, Upper
from tests.functions.values.samples import Sample, SampleRepository
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Functions registered for the types that they are of; what a test registers beside is forgotten."""
    lookups, transforms = dict(LOOKUPS._items), dict(TRANSFORMS._items)
    for function in (Lower, Upper, Length, Reverse):
        register_transform(function, of=String)
    register_transform(Abs, of=Integer)
    register_transform(Round, of=Numeric)
    register_transform(Sqrt)
    yield
    LOOKUPS._items, TRANSFORMS._items = lookups, transforms
    # What is remembered of the names is forgotten with it.
    LOOKUPS.add(None, (), Lookup)


PATHS = {
    "a value": (Q(name__lower="ёжик"), "lower(samples.name) = ?", [1]),
    "a lookup after it": (Q(name__lower__startswith="ёж"), "lower(samples.name) LIKE ? ESCAPE '!'", [1]),
    "of another type": (Q(name__length__gt="4"), "length(samples.name) > ?", [2]),
    "one after another": (Q(name__lower__reverse="кижё"), "reverse(lower(samples.name)) = ?", [1]),
    "of what another gives": (Q(name__length__abs=8), "abs(length(samples.name)) = ?", [2]),
    "of numbers": (Q(size__abs__in=[3, 4]), None, [2]),
    "with another argument": (Q(price__round=11), None, [1]),
    "none": (Q(size__abs=None), "abs(samples.size) IS NULL", [3]),
    "on the right": (Q(size__gt=F("name__length")), "samples.size > length(samples.name)", [1]),
    "negated": (
        ~Q(name__lower="ёжик") & ~Q(size__gt=F("name__length")),
        None,
        [2, 3],
    ),
}


@pytest.mark.parametrize(("condition", "said", "found"), PATHS.values(), ids=PATHS)
async def test_paths(
    sample: SampleRepository, sql: RecordedSQL, condition: Q, said: str | None, found: list[int]
) -> None:
    for _ in range(2):
        assert await sample.objects.filter(condition).values_list("id", flat=True) == found
    if said is not None:
        same_sql(sql.last, f"SELECT samples.id FROM samples WHERE {said} ORDER BY samples.id ASC")


async def test_it_is_read_ordered_and_computed_with(sample: SampleRepository) -> None:
    rows = sample.objects.filter(id__lt=3)
    assert await rows.order_by("-name__length").values_list("name__length", flat=True) == [8, 4]
    assert await rows.annotate(x=F("name__length") + 1).values_list("x", flat=True) == [5, 9]
    assert await rows.annotate(x=Lower("name")).filter(x__length=4).values_list("id", flat=True) == [1]


async def test_only_where_it_was_registered(sample: SampleRepository) -> None:
    with pytest.raises(UnknownLookupError):
        sample.objects.filter(name__abs=1)
    with pytest.raises(UnknownLookupError):
        sample.objects.filter(size__lower="x")
    register_transform(SHA256, of=Sample.code)
    assert sample.objects.filter(code__sha256="x").query is not None
    with pytest.raises(UnknownLookupError):
        sample.objects.filter(name__sha256="x")


async def test_a_type_that_the_function_does_not_take(sample: SampleRepository) -> None:
    with pytest.raises(UnsupportedOperationError, match="argument 1 is of the type text and should be"):
        sample.objects.filter(name__sqrt=1)


class Doubled(Transform):
    """A function of the user's own."""

    template = "(%(expressions)s || %(expressions)s)"
    lookup_name = "doubled"


async def test_a_function_of_ones_own(sample: SampleRepository, sql: RecordedSQL) -> None:
    assert register_transform(of=String)(Doubled) is Doubled
    assert await sample.objects.filter(code__doubled="abab").values_list("id", flat=True) == [1]
    assert "(samples.code || samples.code) =" in sql.last


async def test_a_lookup_and_a_transform_of_a_function(sample: SampleRepository) -> None:
    class Even(Lookup):
        name = "even"

        def sql(self, left: Any, right: Any) -> Any:
            return left % 2 == 0 if right else left % 2 == 1

    register_transform(Abs, of=Length)
    register_lookup(Even, of=Integer)
    assert await sample.objects.filter(name__length__abs=8).values_list("id", flat=True) == [2]


def test_it_gives_what_it_was_given() -> None:
    assert register_transform(Reverse) is Reverse


class Nameless(Func):
    function = "ABS"


@pytest.mark.parametrize("function", [Nameless, Left, Concat, Extract])
def test_a_function_without_a_name(function: Any) -> None:
    with pytest.raises(QueryError, match=f"{function.__name__} needs a lookup_name"):
        register_transform(function)


def test_a_name_that_no_path_can_have() -> None:
    class Wrong(Transform):
        function = "ABS"
        lookup_name = "a__b"

    with pytest.raises(QueryError, match="a name is a word without '__'"):
        register_transform(Wrong)


async def test_a_function_that_reads_the_zone(
    sample: SampleRepository, samples_database: Database, backend: str
) -> None:
    register_transform(ExtractYear, of=Sample.seen)
    rows = sample.objects.filter(id=1)
    assert await rows.filter(seen__year=2023).exists()
    async with Database(samples_database.engine, time_zone="Europe/Berlin").session() as session:
        assert await SampleRepository(session).objects.filter(seen__year=2024, id=1).exists()
