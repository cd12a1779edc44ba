"""What a chain costs whose plan is there, and one whose plan is not: calls of our functions, not time."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import asyncpg

from django_like_repos import Count, F, Q, QuerySet
from django_like_repos.plans import SELECT, Plans
from tests.calls import called
from tests.plans.schema import Parcel

DIALECT: Dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]

Chain = Callable[[Any, Iterator[int]], Any]

CHAINS: dict[str, tuple[Chain, int, int]] = {
    "one filter": (lambda rows, at: rows.filter(code=f"c{next(at)}"), 9, 162),
    "a page": (lambda rows, at: rows.filter(code=f"c{next(at)}").order_by("code")[:20], 17, 200),
    "two filters": (lambda rows, at: rows.filter(code=f"c{next(at)}").filter(rank=next(at)), 15, 243),
    "a Q": (lambda rows, at: rows.filter(Q(code=f"c{next(at)}") | Q(rank=next(at))), 37, 277),
    "values": (lambda rows, at: rows.filter(rank__gt=next(at)).values_list("id", "code"), 21, 225),
    "groups": (lambda rows, at: rows.values("code").annotate(n=Count("id")), 51, 260),
    "arithmetic": (lambda rows, at: rows.annotate(n=F("rank") + next(at)), 30, 190),
}
"""Chains, and the most of our functions that they may call with their plan, and without one.

A few more than they do; less is welcome: put it here then.
"""


@pytest.mark.parametrize("name", CHAINS)
def test_calls_of_our_functions(name: str) -> None:
    chain, most_of_hit, most_of_miss = CHAINS[name]
    rows, numbers = QuerySet(Parcel), count()
    for size, most in ((10, most_of_hit), (0, most_of_miss)):
        prepare = Plans(DIALECT, size).prepare
        for _ in range(3):
            prepare(SELECT, chain(rows, numbers)._query)
        with called() as found:
            prepare(SELECT, chain(rows, numbers)._query)
        assert len(found) <= most, found
