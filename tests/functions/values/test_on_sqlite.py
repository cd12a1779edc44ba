"""What `Database` registers on SQLite for the functions: the same questions are put to PostgreSQL."""

import math
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from django_like_repos import Database, F, StdDev, Variance, Window
from django_like_repos.sqlite.mathematics import Number
from django_like_repos.sqlite.registry import AGGREGATES, FUNCTIONS, register
from tests.examples import FEW
from tests.functions.values.samples import SampleRepository

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

few = settings(max_examples=max(2 * FEW, settings().max_examples // 4))

# PostgreSQL has no NUL, and UTF-8 no halves of pairs.
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


async def ask(database: Database, columns: str, **params: Any) -> tuple[Any, ...]:
    async with database.engine.connect() as connection:
        return tuple((await connection.execute(text(f"SELECT {columns}"), params)).one())


@pytest.fixture(scope="session")
def both(sqlite_samples: Database, postgresql_samples: Database) -> tuple[Database, Database]:
    return sqlite_samples, postgresql_samples


async def agree(both: tuple[Database, Database], columns: str, **params: Any) -> tuple[Any, ...]:
    found, wanted = [await ask(each, columns, **params) for each in both]
    assert found == wanted
    return found


@few
@given(word=texts, length=st.integers(-5, 30), fill=texts)
@example(word="Ёжик", length=4, fill="12")
@example(word="", length=5, fill="")
async def test_text(both: tuple[Database, Database], word: str, length: int, fill: str) -> None:
    columns = (
        "lpad(w, n, f), rpad(w, n, f), repeat(w, n), reverse(w), md5(w) FROM (SELECT CAST(:word AS VARCHAR) "
        "AS w, CAST(:length AS INTEGER) AS n, CAST(:fill AS VARCHAR) AS f) AS given"
    )
    await agree(both, columns, word=word, length=length, fill=fill)


@pytest.mark.parametrize("name", ["lpad", "rpad"])
@pytest.mark.parametrize("missing", range(3))
async def test_null_for_null(sqlite_samples: Database, name: str, missing: int) -> None:
    given: list[Any] = ["x", 3, "y"]
    given[missing] = None
    found = await ask(sqlite_samples, f"{name}(:a, :b, :c)", **dict(zip("abc", given, strict=True)))
    assert found == (None,)


@pytest.mark.parametrize(
    "call",
    ["repeat(NULL, 2)", "repeat('x', NULL)", "reverse(NULL)", "md5(NULL)", "sha1(NULL)", "sha512(NULL)"],
)
async def test_null_for_null_of_others(sqlite_samples: Database, call: str) -> None:
    assert await ask(sqlite_samples, call) == (None,)


@pytest.mark.parametrize(
    "word",
    ["t", "tr", "TRUE", "y", "yes", "on", "1", "f", "fal", "false", "n", "no", "of", "off", "0", " on "],
)
async def test_the_words_for_true_and_false(both: tuple[Database, Database], word: str) -> None:
    found = await ask(both[0], "dlr_boolean(:word)", word=word)
    wanted = await ask(both[1], "CAST(CAST(:word AS VARCHAR) AS BOOLEAN)", word=word)
    assert found == wanted


@few
@given(number=st.integers(-(10**12), 10**12), precision=st.integers(-14, -1))
@example(number=150, precision=-2)
@example(number=-150, precision=-2)
async def test_rounding_to_tens(both: tuple[Database, Database], number: int, precision: int) -> None:
    (found,) = await ask(both[0], "dlr_round(:number, :precision)", number=number, precision=precision)
    (wanted,) = await ask(
        both[1],
        "CAST(round(CAST(:number AS NUMERIC), CAST(:precision AS INTEGER)) AS BIGINT)",
        number=number,
        precision=precision,
    )
    assert found == wanted
    assert type(found) is int


numbers = st.integers(-(10**15), 10**15) | st.floats(-1e100, 1e100)
rows = st.lists(st.none() | numbers, max_size=10)


def spread_of(spread: str, values: list[Number | None]) -> float | None:
    """The textbook's, of exact numbers."""
    given = [each for each in values if each is not None]
    others = len(given) - spread.endswith("samp")
    if others <= 0:
        return None
    mean = math.fsum(given) / len(given)
    variance = math.fsum((each - mean) ** 2 for each in given) / others
    return math.sqrt(variance) if spread.startswith("stddev") else variance


SPREADS = ["var_pop", "var_samp", "stddev_pop", "stddev_samp"]


@pytest.mark.parametrize("spread", SPREADS)
@few
@given(values=rows)
@example(values=[])
@example(values=[1])
@example(values=[None])
@example(values=[10**15 + each for each in range(3)])
def test_spreads(spread: str, values: list[Number | None]) -> None:
    aggregate = AGGREGATES[spread]()
    for each in values:
        aggregate.step(each)
    wanted = spread_of(spread, values)
    scale = max([1.0, *[abs(each) for each in values if each is not None]])
    squared = 1 if spread.startswith("stddev") else 2
    assert aggregate.finalize() == (
        None if wanted is None else pytest.approx(wanted, rel=1e-6, abs=1e-9 * scale**squared)
    )


@pytest.mark.parametrize("spread", SPREADS)
@given(values=st.lists(st.none() | numbers, min_size=3, max_size=8))
def test_a_window_that_moves(spread: str, values: list[Number | None]) -> None:
    moving = AGGREGATES[spread]()
    for place, each in enumerate(values):
        moving.step(each)
        if place >= 2:
            moving.inverse(values[place - 2])
        fresh = AGGREGATES[spread]()
        for inside in values[max(place - 1, 0) : place + 1]:
            fresh.step(inside)
        # Exactly: nothing is lost by taking away.
        assert moving.value() == fresh.finalize()


@pytest.mark.parametrize("spread", SPREADS)
def test_the_spread_of_what_is_infinite(spread: str) -> None:
    aggregate = AGGREGATES[spread]()
    for each in (1.0, math.inf, 2.0):
        aggregate.step(each)
    assert aggregate.value() is None
    aggregate.inverse(math.inf)
    assert aggregate.value() is not None


@pytest.mark.parametrize(
    ("aggregate", "found"),
    [
        (StdDev("size"), 5.0),
        (StdDev("size", sample=True), math.sqrt(50)),
        (Variance("weight"), 2.25),
        (Variance("weight", sample=True), 4.5),
        (StdDev("size", filter=None, distinct=False), 5.0),
    ],
    ids=str,
)
async def test_spreads_of_rows(sample: SampleRepository, aggregate: Any, found: float) -> None:
    assert await sample.objects.aggregate(x=aggregate) == {"x": pytest.approx(found)}


async def test_the_spread_of_too_few_rows(sample: SampleRepository) -> None:
    one = sample.objects.filter(id=1)
    assert await one.aggregate(x=StdDev("size"), y=StdDev("size", sample=True)) == {"x": 0, "y": None}
    assert await one.filter(id=2).aggregate(x=StdDev("size")) == {"x": None}


async def test_a_window_of_spreads(sample: SampleRepository) -> None:
    spread = Window(StdDev("weight"), order_by=F("id").asc())
    found = await sample.objects.annotate(x=spread).values_list("x", flat=True)
    assert found == [0.0, pytest.approx(1.5), pytest.approx(1.5)]


@pytest.fixture
def without_mathematics() -> Iterator[Callable[..., Any]]:
    """Asks an SQLite that has the functions for want of its own."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, each in FUNCTIONS.items():
            connection.create_function(name, each.arity, each.function, deterministic=each.deterministic)
        yield lambda sql: connection.execute(f"SELECT {sql}").fetchone()[0]


OPTIONAL = [name for name, each in FUNCTIONS.items() if each.optional]
ARGUMENTS = [0, 1, -1, 7, 0.5, -0.5, 2.5, -2.5, 1000]


@pytest.mark.parametrize("name", OPTIONAL)
def test_those_that_sqlite_may_lack(without_mathematics: Callable[..., Any], name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as plain:
        for first in ARGUMENTS:
            for second in ARGUMENTS if FUNCTIONS[name].arity == 2 else [0]:
                call = f"{name}({', '.join(map(repr, [first, second][: FUNCTIONS[name].arity]))})"
                (wanted,) = plain.execute(f"SELECT {call}").fetchone()
                found = without_mathematics(call)
                assert found == (None if wanted is None else pytest.approx(wanted)), call
                assert type(found) is type(wanted), call


def test_only_those_that_it_lacks_are_given_to_it() -> None:
    class Connection:
        """An SQLite compiled with mathematics or without."""

        def __init__(self, has_mathematics: bool) -> None:
            self.has_mathematics = has_mathematics
            self.names: set[str] = set()

        def execute(self, _statement: str) -> list[tuple[int]]:
            return [(int(self.has_mathematics),)]

        def create_function(self, name: str, *_: Any, **__: Any) -> None:
            self.names.add(name)

        def create_window_function(self, name: str, *_: Any) -> None:
            self.names.add(name)

    whole, bare = Connection(has_mathematics=True), Connection(has_mathematics=False)
    for each in (whole, bare):
        register(each)  # type: ignore[arg-type]
    assert bare.names - whole.names == set(OPTIONAL)
    assert {"lower", "floor", "dlr_round", "stddev_pop"} <= whole.names


@pytest.mark.parametrize("given", [None, "x", math.inf, 2.5, -2.5, 7])
async def test_floor(sqlite_samples: Database, given: Any) -> None:
    wanted = math.floor(given) if given in (2.5, -2.5, 7) else math.inf if given == math.inf else None
    assert await ask(sqlite_samples, "floor(:given)", given=given) == (wanted,)
