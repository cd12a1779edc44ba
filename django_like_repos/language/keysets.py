"""Places in an order: the values of the row that stands there, and the condition that a row lies beyond it.

The condition compares what is ordered by, term by term, NULLs where the order has them. Neighbouring terms of
one direction are compared as one row value, which an index of these columns serves as it serves a number.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, and_, false, or_, tuple_, type_coerce, types

from django_like_repos.errors import InvalidCursorError
from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import lineage_of
from django_like_repos.language.foreign import as_element
from django_like_repos.language.sides import Predicate, Side
from django_like_repos.language.terms import Term
from django_like_repos.query.shapes import Keyset

ALIKE: Final = "alike"
OTHERS: Final = "others"
AT: Final = "at"

_RAW: Final = types.NullType()
"""As the driver has it: nothing of a value is lost on the way out and back again."""


class Standing(Side):
    """What a row is ordered by, as the driver has it."""

    def __init__(self, term: Term) -> None:
        self._side = term.side
        self.nodes = term.side.nodes
        self.aggregate = term.side.aggregate
        self.window = term.side.window

    @property
    def groups(self) -> list[Side]:
        return self._side.groups

    def sql(self, scope: Scope) -> Any:
        return type_coerce(as_element(self._side.sql(scope)), _RAW)


def are_nulls_last(direction: tuple[bool, str | None], *, sqlite: bool) -> bool:
    """Whether NULLs come last in a direction: SQLite has them before, PostgreSQL after all values."""
    descending, nulls = direction
    return nulls == "last" if nulls else descending == sqlite


def beyond(order: Sequence[Term], keyset: Keyset, bind: Callable[[Any], BindParameter[Any]]) -> Predicate:
    """The rows that lie beyond a place whose values ``bind`` gives, or stand at it.

    Raises InvalidCursorError for too few values.
    """
    assert keyset.nulls is not None
    if keyset.part == AT:
        return At(order[-len(keyset.nulls) :], [None if null else bind(_RAW) for null in keyset.nulls])
    if keyset.part == OTHERS:
        return Others(order[0], null=not keyset.nulls[0])
    if len(keyset.nulls) != len(order):
        raise InvalidCursorError("this cursor was made for another order")
    values = [None if null else bind(_RAW) for null in keyset.nulls]
    return Beyond(order, values, inclusive=keyset.inclusive, alike=keyset.part == ALIKE)


class Others(Predicate):
    """That what a term orders by is NULL, or is not."""

    def __init__(self, term: Term, *, null: bool) -> None:
        self._side = term.side
        self._null = null
        self.nodes = lineage_of(term.side.nodes)
        self.aggregate = term.side.aggregate
        self.window = term.side.window

    @property
    def groups(self) -> list[Side]:
        return self._side.groups

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        value = as_element(self._side.sql(scope))
        return value.is_(None) if self._null else value.is_not(None)


class At(Predicate):
    """That a row has the values of a place, of the terms that tell it from others."""

    def __init__(self, terms: Sequence[Term], values: Sequence[Any]) -> None:
        self._standing = [Standing(term) for term in terms]
        self._values = values
        self.nodes = lineage_of(node for side in self._standing for node in side.nodes)
        self.aggregate = any(side.aggregate for side in self._standing)
        self.window = any(side.window for side in self._standing)

    @property
    def groups(self) -> list[Side]:
        return [group for side in self._standing for group in side.groups]

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        compared = zip(self._standing, self._values, strict=True)
        return and_(*[_same(as_element(side.sql(scope)), value) for side, value in compared])


def _same(mine: ColumnElement[Any], value: BindParameter[Any] | None) -> ColumnElement[bool]:
    return mine.is_(None) if value is None else mine == value


class Beyond(Predicate):
    """That a row comes after a place in an order; ``inclusive``, or stands there.

    ``alike``: only those whose first value is NULL, or is not, as that of the place.
    """

    def __init__(self, order: Sequence[Term], values: Sequence[Any], *, inclusive: bool, alike: bool) -> None:
        self._order = order
        self._values = values
        self._inclusive = inclusive
        self._alike = alike
        self.nodes = lineage_of(node for term in order for node in term.side.nodes)
        self.aggregate = any(term.side.aggregate for term in order)
        self.window = any(term.side.window for term in order)

    @property
    def groups(self) -> list[Side]:
        return [group for term in self._order for group in term.side.groups]

    def sql(self, scope: Scope) -> ColumnElement[bool]:
        first, *others = _runs(self._compared(scope))
        if not others:
            said = first.beyond(inclusive=self._inclusive)
            if len(first.terms) > 1 and scope.params.sqlite and not self._order[0].plain:
                # SQLite has no index for a row value that begins with what is computed.
                return and_(_Run(first.terms[:1]).beyond(inclusive=True), said)
            return said
        rest = others[-1].beyond(inclusive=self._inclusive)
        for run in reversed(others[:-1]):
            rest = or_(run.beyond(), and_(run.same(), rest))
        if first.is_last:
            return and_(first.same(), rest)
        # Said twice, so that there is one condition that an index can begin at.
        said = or_(first.beyond(), and_(first.same(), rest))
        return and_(first.beyond(inclusive=True), said) if first.plain else said

    def _compared(self, scope: Scope) -> "Iterator[_Compared]":
        for place, (term, value) in enumerate(zip(self._order, self._values, strict=True)):
            descending = term.direction[0]
            last = are_nulls_last(term.direction, sqlite=scope.params.sqlite)
            if self._alike and place == 0:
                # Whatever else there is, NULL or not, is of another part.
                last = value is None
            nullable = value is None or term.side.nullable
            yield _Compared(Standing(term).sql(scope), value, descending, nullable and last)


class _Compared(NamedTuple):
    """What is ordered by, beside the value that it has at a place."""

    mine: ColumnElement[Any]
    value: BindParameter[Any] | None
    descending: bool
    nulls_after: bool

    @property
    def plain(self) -> bool:
        """Whether it is enough to compare: what is NULL is not beyond."""
        return self.value is not None and not self.nulls_after


class _Run(NamedTuple):
    """Neighbouring terms that are compared as one: a single one, or several of one direction."""

    terms: Sequence[_Compared]

    @property
    def plain(self) -> bool:
        return self.terms[0].plain

    @property
    def is_last(self) -> bool:
        """Whether nothing comes after its value."""
        return self.terms[0].value is None and self.terms[0].nulls_after

    def beyond(self, *, inclusive: bool = False) -> ColumnElement[bool]:
        term = self.terms[0]
        if not term.plain:
            return self._beyond_nulls(inclusive=inclusive)
        mine, values = self._sides()
        found: ColumnElement[bool]
        if inclusive:
            found = mine <= values if term.descending else mine >= values
        else:
            found = mine < values if term.descending else mine > values
        return found

    def same(self) -> ColumnElement[bool]:
        if self.terms[0].value is None:
            return self.terms[0].mine.is_(None)
        mine, values = self._sides()
        found: ColumnElement[bool] = mine == values
        return found

    def _beyond_nulls(self, *, inclusive: bool) -> ColumnElement[bool]:
        (term,) = self.terms
        if term.value is None:
            if term.nulls_after:
                return term.mine.is_(None) if inclusive else false()
            return or_(term.mine.is_not(None), term.mine.is_(None)) if inclusive else term.mine.is_not(None)
        compared = _Run([term._replace(nulls_after=False)]).beyond(inclusive=inclusive)
        return or_(compared, term.mine.is_(None))

    def _sides(self) -> tuple[Any, Any]:
        if len(self.terms) == 1:
            return self.terms[0].mine, self.terms[0].value
        return tuple_(*[term.mine for term in self.terms]), tuple_(*[term.value for term in self.terms])


def _runs(compared: Iterator[_Compared]) -> list[_Run]:
    """The terms in runs, as long as they can be."""
    runs: list[list[_Compared]] = []
    for term in compared:
        last = runs[-1][-1] if runs else None
        if last is not None and last.plain and term.plain and last.descending == term.descending:
            runs[-1].append(term)
        else:
            runs.append([term])
    return [_Run(terms) for terms in runs]
