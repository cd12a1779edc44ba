"""Hypothesis strategies of whole chains: conditions, declared joins, loaded relations, orders and slices.

A chain is kept in parts, so that a test can leave one out, turn two round, or cut a slice. Conditions are
source: what Django agrees on comes from the strategies of the parity tests, what the oracle of this folder
reads is made here.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import F, Q, QuerySet
from tests.parity.schema import MODELS
from tests.parity.sources import COLUMNS, INTEGERS, VALUES, calls

MODEL_NAMED = {model.__name__: model for model in MODELS}
WORDS = {"F": F, "Q": Q}

# Only paths whose children belong to one root alone. SQLAlchemy fills a collection of an object that
# several rows share from all those rows, so what it holds depends on which of the roots are there.
LOADABLE = {
    "Author": ("books", "books__reviews", "books__tags", "books__category", "edited_books", "profile"),
    "Book": ("reviews", "reviews__reviewer", "tags", "editor", "publisher__country", "category__parent"),
    "Publisher": ("books", "books__reviews", "books__reviews__reviewer", "books__editor", "country"),
    "Review": ("book", "book__editor", "book__publisher", "reviewer", "reviewer__profile"),
    "Tag": ("books", "books__author", "books__publisher__country"),
}
ROOTS = st.sampled_from(sorted(LOADABLE))
NOTHING: st.SearchStrategy[tuple[str, ...]] = st.just(())


@dataclass(frozen=True)
class Chain:
    """A queryset, in parts."""

    root: str
    conditions: tuple[str, ...] = ()
    """Calls of `filter` and `exclude`, as source."""
    declared: tuple[tuple[str, str], ...] = ()
    """Calls of `innerjoin`, `outerjoin` and `options`, with a path."""
    declared_first: bool = False
    """Whether these come before the conditions."""
    ordering: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """Of `values_list`; models where there are none."""
    distinct: bool = False

    def but(self, **changes: Any) -> "Chain":
        return replace(self, **changes)

    @property
    def loads(self) -> list[str]:
        return [path for name, path in self.declared if name == "options"]

    def on(self, session: AsyncSession) -> Any:
        queryset: Any = QuerySet(MODEL_NAMED[self.root], session)
        steps = [self._restricted, self._declared]
        for step in reversed(steps) if self.declared_first else steps:
            queryset = step(queryset)
        queryset = queryset.order_by(*self.ordering)
        if self.distinct:
            queryset = queryset.distinct()
        return queryset.values_list(*self.fields) if self.fields else queryset

    def _declared(self, queryset: Any) -> Any:
        for name, path in self.declared:
            queryset = getattr(queryset, name)(path)
        return queryset

    def _restricted(self, queryset: Any) -> Any:
        return eval("queryset" + "".join(self.conditions), {"queryset": queryset, **WORDS})


def several(each: st.SearchStrategy[Any], *, least: int = 0, most: int = 2) -> st.SearchStrategy[Any]:
    return st.lists(each, min_size=least, max_size=most, unique=True).map(tuple)


def terms(paths: tuple[str, ...] | list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Of an order: own, to-one and to-many columns, up and down."""
    return several(st.builds("{}{}".format, st.sampled_from(["", "-"]), st.sampled_from(paths)))


def slices() -> st.SearchStrategy[slice]:
    bounds = st.tuples(st.none() | st.integers(0, 4), st.none() | st.integers(0, 8))
    return bounds.map(lambda pair: slice(*pair))


def _declarations(root: str, names: tuple[str, ...]) -> st.SearchStrategy[Any]:
    return several(st.tuples(st.sampled_from(names), st.sampled_from(LOADABLE[root])), most=3)


@cache
def chains(root: str, *, models: bool) -> st.SearchStrategy[Chain]:
    """With any condition, negated ones too."""
    return st.builds(
        Chain,
        root=st.just(root),
        conditions=several(calls(root)),
        declared=_declarations(root, ("innerjoin", "outerjoin", "options")),
        declared_first=st.booleans(),
        ordering=terms(COLUMNS[root]),
        fields=NOTHING if models else several(st.sampled_from(("pk", *COLUMNS[root])), least=1),
        distinct=st.booleans(),
    )


@cache
def plain_chains(root: str, *, models: bool) -> st.SearchStrategy[Chain]:
    """With comparisons of numbers, any or all of which must hold; orders and values are of numbers too."""
    return st.builds(
        Chain,
        root=st.just(root),
        conditions=several(_plain_calls(root)),
        declared=_declarations(
            root, ("innerjoin", "outerjoin", "options") if models else ("innerjoin", "outerjoin")
        ),
        declared_first=st.booleans(),
        ordering=terms(INTEGERS[root]),
        fields=NOTHING if models else several(st.sampled_from(("id", *INTEGERS[root])), least=1),
        distinct=st.booleans(),
    )


@st.composite
def _plain_calls(draw: st.DrawFn, root: str) -> str:
    def comparison() -> str:
        path = draw(st.sampled_from(INTEGERS[root]))
        if draw(st.integers(0, 4)) == 0:
            return f"Q({path}__isnull={draw(st.booleans())})"
        value = draw(st.sampled_from(VALUES[path.split("__")[-1]]))
        return f"Q({path}{draw(st.sampled_from(['', '__gt', '__lt']))}={value})"

    condition = comparison()
    for _ in range(draw(st.integers(0, 2))):
        condition += f" {draw(st.sampled_from('&|'))} {comparison()}"
    return f".filter({condition})"
