"""Whatever the library remembers is bounded, and no value is kept by what it remembers."""

import gc
import pkgutil
import sys
import weakref
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Dialect, Numeric, String
from sqlalchemy.dialects.postgresql import asyncpg

import django_like_repos
from django_like_repos import Case, Count, F, Func, Q, QuerySet, Subquery, Sum, Value, When, plans
from django_like_repos.language.kinds import canonical
from django_like_repos.plans import Plans
from django_like_repos.query.functions.comparison import Cast, Coalesce
from django_like_repos.query.functions.text import Concat
from tests.plans.schema import Parcel, Stamp

DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]
LARGEST = 16_384


def modules() -> Iterator[ModuleType]:
    """The whole library."""
    for found in pkgutil.walk_packages(django_like_repos.__path__, f"{django_like_repos.__name__}."):
        yield import_module(found.name)


def _memory_of(value: Any) -> Any:
    """What remembers, of a function that does."""
    return value if isinstance(value, _lru_cache_wrapper) else getattr(value, "__wrapped__", value)


MODULES = list(modules())
CACHES = {
    f"{module.__name__}.{name}": cache
    for module in MODULES
    for name, value in vars(module).items()
    if isinstance(cache := _memory_of(value), _lru_cache_wrapper) and value.__module__ == module.__name__
}


def chain(number: int) -> Any:
    """A queryset of another shape for each number."""
    name, text = f"n{number}", f"t{number}"
    parcels: Any = QuerySet(Parcel)
    computed: dict[str, Any] = {
        name: Coalesce(F("rank"), Value(number)) + number,
        text: Concat("code", Cast("rank", String(number + 1)), Value(str(number))),
    }
    chosen = parcels.alias(**computed).filter(**{f"{name}__gt": number, f"{text}__contains": str(number)})
    related = QuerySet(Stamp).filter(rank=number).values("rank")
    last = Case(When(Q(rank=number), then=Func(number, function=f"f{number}")), default=Subquery(related))
    return (
        chosen.values("code")
        .annotate(**{f"m{number}": Sum("rank", filter=Q(floor=number))})
        .annotate(last=Count(last))
    )


def test_every_cache_has_a_bound() -> None:
    assert len(CACHES) > 20
    sizes = {name: cache.cache_parameters()["maxsize"] for name, cache in CACHES.items()}
    assert {name: size for name, size in sizes.items() if size is None or size > LARGEST} == {}


def collections() -> dict[str, int]:
    """How much is in what modules hold and never hand out: dicts, lists, sets."""
    return {
        f"{module.__name__}.{name}": len(value)
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, (dict, list, set)) and not name.startswith("__")
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Bounds that a test can reach, of what is not an ``lru_cache``."""
    bound = 50
    for module in MODULES:
        for name in ("_MOST",):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, bound)
    return bound


def test_collections_do_not_grow_beyond_their_bounds(small: int) -> None:
    kept = Plans(DIALECT, 10)
    for number in range(3):
        kept.prepare(plans.SELECT, chain(number)._query)
    before = collections()
    for number in range(3, 3 + 2 * small):
        kept.prepare(plans.SELECT, chain(number)._query)
    grown = {name: size for name, size in collections().items() if size > max(before[name], small)}

    assert set(grown) <= {CANONICAL}
    assert kept.info().currsize == 10


CANONICAL = f"{canonical.__module__}._CANONICAL"


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """The memory of types after many more than an application has."""
    held: dict[Any, Any] = {}
    monkeypatch.setattr(sys.modules[canonical.__module__], "_CANONICAL", held)
    for number in range(5000):
        canonical(Numeric(number, 2))
    return held


def test_types_are_kept_up_to_a_bound(full: dict[Any, Any]) -> None:
    assert 0 < len(full) < 4200


def test_a_known_type_is_shared_where_memory_is_full(full: dict[Any, Any]) -> None:
    assert canonical(Numeric(4990, 2)) is canonical(Numeric(4990, 2))


class Secret(str):  # noqa: SLOT000 - nothing without a place for references can be watched
    """A text that can be watched."""


def test_no_plan_keeps_a_value() -> None:
    kept = Plans(DIALECT, 10)
    values = [Secret("first"), Secret("second"), Secret("third"), Secret("fourth")]
    watched = [weakref.ref(value) for value in values]
    queryset: Any = (
        QuerySet(Parcel)
        .filter(code=values[0])
        .annotate(n=Concat("code", Value(values[1])), m=Case(When(title=values[2], then=Value(values[3]))))
    )
    _, params = kept.prepare(plans.SELECT, queryset._query)
    assert sorted(params.values()) == sorted(values)
    del queryset, params, values
    gc.collect()

    assert [each() for each in watched] == [None] * 4
