"""Hypothesis strategies of whole chains: conditions, declared joins, loaded relations, orders and slices.

A chain is kept in parts, so that a test can leave one out, put them in another order, or add to them.
Conditions are source, made by the strategies of the parity tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q, QuerySet
from tests.parity.schema import MODELS
from tests.parity.sources import COLUMNS, INTEGERS, RELATIONS, VALUES, calls

ROOTS = {model.__name__: model for model in MODELS}
WORDS = {"F": F, "Q": Q}

# Paths to load whose children belong to one root alone: SQLAlchemy fills the collections of an object that
# several rows share from all of those rows, so what they hold depends on which of the roots are there.
LOADABLE = {
    "Author": ("books", "books__reviews", "books__tags", "books__category", "edited_books", "profile", "country"),
    "Book": ("reviews", "reviews__reviewer", "tags", "author", "editor", "publisher__country", "category__parent"),
    "Country": ("authors", "authors__books", "authors__books__reviews", "authors__profile", "publishers"),
    "Publisher": ("books", "books__reviews", "books__reviews__reviewer", "books__tags", "books__editor", "country"),
    "Review": ("book", "book__editor", "book__publisher", "reviewer", "reviewer__profile"),
    "Tag": ("books", "books__author", "books__publisher__country"),
}


@dataclass(frozen=True)
class Chain:
    """A queryset, in parts."""

    root: str
    conditions: tuple[str, ...] = ()
    """Calls of `filter` and `exclude`, as source."""
    declared: tuple[tuple[str, str], ...] = ()
    """Calls of `innerjoin`, `outerjoin` and `options`, with their path."""
    ordering: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    distinct: bool = False
    declared_first: bool = False
    part: slice | None = None

    def on(self, session: AsyncSession) -> QuerySet[Any, Any]:
        queryset: Any = QuerySet(ROOTS[self.root], session)
        for apply in [self._declare, self._restrict] if self.declared_first else [self._restrict, self._declare]:
            queryset = apply(queryset)
        queryset = queryset.order_by(*self.ordering)
        if self.distinct:
            queryset = queryset.distinct()
        if self.fields:
            queryset = queryset.values_list(*self.fields)
        return queryset if self.part is None else queryset[self.part]

    def but(self, **changes: Any) -> "Chain":
        return replace(self, **changes)

    def _declare(self, queryset: Any) -> Any:
        for name, path in self.declared:
            queryset = getattr(queryset, name)(path)
        return queryset

    def _restrict(self, queryset: Any) -> Any:
        return eval("queryset" + "".join(self.conditions), {"queryset": queryset, **WORDS})


def orderings(root: str, *, total: bool) -> st.SearchStrategy[tuple[str, ...]]:
    """Own, to-one and to-many columns, up or down; a total order ends with the primary key."""
    term = st.builds("{}{}".format, st.sampled_from(["", "-"]), st.sampled_from(COLUMNS[root]))
    terms = st.lists(term, max_size=2)
    return terms.map(lambda made: (*made, "pk") if total else tuple(made))


def declarations(root: str, *, loads: bool = True) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    paths = st.sampled_from(LOADABLE.get(root, RELATIONS.get(root)))
    joins = st.tuples(st.sampled_from(["innerjoin", "outerjoin"]), paths)
    loaded = st.tuples(st.just("options"), paths)
    return st.lists(joins | loaded if loads else joins, max_size=3).map(tuple)


def slices() -> st.SearchStrategy[slice]:
    start = st.none() | st.integers(0, 4)
    return st.builds(lambda first, size: slice(first, size and (first or 0) + size), start, st.none() | st.integers(0, 4))


def conditions(root: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(calls(root).map(lambda call: call), max_size=2).map(tuple)


def chains(
    *,
    roots: Callable[[str], bool] = lambda _: True,
    total: bool | None = None,
    loads: bool = True,
    fields: bool = False,
) -> st.SearchStrategy[Chain]:
    @lru_cache
    def of(root: str) -> st.SearchStrategy[Chain]:
        return st.builds(
            Chain,
            root=st.just(root),
            conditions=conditions(root),
            declared=declarations(root, loads=loads),
            ordering=orderings(root, total=True) if total else st.just(()) if total is False else orderings(root, total=True) | orderings(root, total=False),
            fields=st.lists(st.sampled_from(("pk", *COLUMNS[root])), min_size=1, max_size=2, unique=True).map(tuple) if fields else st.just(()),
            distinct=st.booleans(),
            declared_first=st.booleans(),
        )

    return st.sampled_from(sorted(filter(roots, COLUMNS))).flatmap(of)


@st.composite
def plain_conditions(draw: st.DrawFn, root: str) -> str:
    """A call of `filter` with an `&` or `|` of numbers compared with numbers."""

    def atom() -> str:
        path = draw(st.sampled_from(INTEGERS[root]))
        if draw(st.integers(0, 4)) == 0:
            return f"Q({path}__isnull={draw(st.booleans())})"
        value = draw(st.sampled_from(VALUES[path.split("__")[-1]]))
        return f"Q({path}{draw(st.sampled_from(['', '__gt', '__lt']))}={value})"

    atoms = [atom() for _ in range(draw(st.integers(1, 3)))]
    first, *others = atoms
    return f".filter({first}" + "".join(f" {draw(st.sampled_from('&|'))} {other}" for other in others) + ")"


@lru_cache
def plain_chains(root: str, fields: bool) -> st.SearchStrategy[Chain]:
    term = st.builds("{}{}".format, st.sampled_from(["", "-"]), st.sampled_from(INTEGERS[root]))
    return st.builds(
        Chain,
        root=st.just(root),
        conditions=st.lists(plain_conditions(root), max_size=2).map(tuple),
        declared=declarations(root, loads=not fields),
        ordering=st.lists(term, max_size=2).map(tuple),
        fields=st.lists(st.sampled_from(("id", *INTEGERS[root])), min_size=1, max_size=2, unique=True).map(tuple) if fields else st.just(()),
        distinct=st.booleans(),
        declared_first=st.booleans(),
    )
