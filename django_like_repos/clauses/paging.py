"""``page()`` and ``cursor_page()``: which rows are on a page, and the order in which pages are turned."""

from collections.abc import Hashable, Iterable
from typing import Any, Final, NamedTuple, NoReturn

from sqlalchemy import types

from django_like_repos.caching import cached
from django_like_repos.clauses.checks import check_number, refuse_sliced
from django_like_repos.clauses.slicing import sliced
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.keysets import ALIKE, AT, OTHERS, are_nulls_last
from django_like_repos.language.terms import is_descending
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.mapping.projection import columns_ordered_by, paths_in
from django_like_repos.mapping.uniqueness import are_key
from django_like_repos.pages import DEFAULT_SIZE, Capped
from django_like_repos.query import Clause, Names, Projection, Query
from django_like_repos.query.functions.math import Random
from django_like_repos.query.shapes import Annotate, Call, Frame, Keyset, Order, Reference, Sort
from django_like_repos.tokens import Place
from django_like_repos.values.document import Document

_NAME: Final = "cursor_page"


class Wanted(NamedTuple):
    """The rows of one page: how many to pass over, and how many to give."""

    offset: int
    size: int

    @property
    def number(self) -> int:
        return self.offset // self.size + 1


def wanted(query: Query, number: Any, size: Any, offset: Any, limit: Any, most: int) -> Wanted:
    """The rows that ``page()`` was asked for. Raises UnsupportedOperationError for what is no page."""
    if query.sliced:
        refuse_sliced(query, "page")
    if (offset, limit) == (None, None):
        number, size = 1 if number is None else number, DEFAULT_SIZE if size is None else size
        check_number("page", "number", number, least=1)
        check_size("page", "size", size, most)
        return Wanted((number - 1) * size, size)
    if (number, size) != (None, None):
        raise UnsupportedOperationError("page() takes number and size, or offset and limit, not both")
    offset, limit = 0 if offset is None else offset, DEFAULT_SIZE if limit is None else limit
    check_number("page", "offset", offset, least=0)
    check_size("page", "limit", limit, most)
    return Wanted(offset, limit)


def check_size(name: str, argument: str, size: Any, most: Any) -> None:
    """Raises UnsupportedOperationError for what is no size of a page."""
    check_number(name, "max_size", most, least=1)
    check_number(name, argument, size, least=1)
    if size > most:
        raise UnsupportedOperationError(
            f"{name}(): {argument} is {size}, and {most} rows are the most of a page: max_size says otherwise"
        )


def check_total(total: Any) -> None:
    """Raises UnsupportedOperationError for what says nothing of how a total is come by."""
    if isinstance(total, Capped):
        check_number("page", "Capped.most", total.most, least=1)
    elif total not in ("exact", "estimated", "none"):
        raise UnsupportedOperationError(
            f"page(): total is 'exact', 'estimated', 'none' or Capped(n), not {total!r}"
        )


def page_of(query: Query, page: Wanted) -> Query:
    """The rows of a page and the first of the next one, if there is one."""
    return sliced(query, page.offset, page.offset + page.size + 1)


def is_totally_ordered(query: Query) -> bool:
    """Whether the order leaves no two rows in either order: whether what is unique of a row is part of it."""
    frame = query.frame
    if not query.ordered or (frame.combined is not None and frame.combined.all):
        return False
    return _is_total(query.names.bare, frame, query.steps, _terms(query))


@cached(4096)
def _is_total(names: Names, frame: Frame, steps: tuple[Any, ...], ordering: tuple[Any, ...]) -> bool:
    named = _named(names, ordering)
    groups = _groups(steps)
    if groups is not None:
        return named.issuperset(_named(names, _orders(groups.fields)))
    if frame.projection is not None and frame.distinct:
        read = frame.projection.fields or [field.key for field in key_of(mapper_of(names.model))]
        return named.issuperset(_named(names, _orders(read)))
    if multiplies(names, frame, steps):
        return False
    columns = [getattr(each, "column", None) for each in named]
    return are_key(mapper_of(names.model), [each for each in columns if each is not None])


def _terms(query: Query) -> tuple[Order | Sort, ...]:
    terms: Any = query.ordering.shape
    found: tuple[Order | Sort, ...] = terms
    return found


def _named(names: Names, ordering: Iterable[Any]) -> set[Hashable]:
    return {column for each in ordering for column in columns_ordered_by(names, each)}


def _orders(fields: Iterable[str]) -> list[Order]:
    return [Order(field, False) for field in fields]


def _groups(steps: tuple[Any, ...]) -> Projection | None:
    """The values that rows are groups of, if they are."""
    by = [step.grouped_by for step in steps if isinstance(step, Annotate)]
    return next((each for each in reversed(by) if isinstance(each, Projection)), None)


def multiplies(names: Names, frame: Frame, steps: tuple[Any, ...]) -> bool:
    """Whether a model may be several rows, since something is read of what is related to it."""
    read = list(frame.projection.fields) if frame.projection is not None else []
    for step in steps:
        known = names.annotations.get(step.name) if isinstance(step, Annotate) else None
        if known is not None and not known.aggregate:
            read += paths_in(step.value)
    grouped = any(isinstance(step, Annotate) and step.grouped_by for step in steps)
    return not grouped and any(_crosses(names, name) for name in read)


def _crosses(names: Names, name: str) -> bool:
    path = field_path(names, name)
    return path.annotation is None and path.crosses_to_many


# Cursors.


def keyset_ordered(query: Query, call: str = _NAME) -> Query:
    """Rows in a total order, each with the values that it is ordered by: ties are broken by the primary key.

    Raises UnsupportedOperationError, in the name of a call, for rows that have no such order.
    """
    refuse_sliced(query, call)
    frame = query.frame
    if frame.combined is not None:
        _refuse(call, f"rows of {frame.combined.operator}() have no one key: filter with Q(…) | Q(…) instead")
    if frame.distinct_on:
        _refuse(call, "distinct() of fields leaves rows that are known only all together: page() has them")
    if frame.distinct and frame.projection is not None:
        _refuse(call, "rows of distinct() values have no key: group them, values(…).annotate(n=Count('*'))")
    ordering = query.ordering
    terms = _with_key(query.names.bare, frame, query.steps, _terms(query), _descends(query), call)
    _check_terms(query.names.bare, terms, call)
    return query.evolve(
        ordering=Clause(terms, *ordering[1:]), frame=frame._replace(keyset=Keyset()), default_order=False
    )


def _descends(query: Query) -> bool:
    """Whether the last term of an order is descending."""
    terms = _terms(query)
    if terms and isinstance(terms[-1], Order) and terms[-1].path is None:
        return is_descending(query.ordering.expressions[-1])
    return bool(terms) and terms[-1].descending


@cached(4096)
def _with_key(
    names: Names, frame: Frame, steps: tuple[Any, ...], ordering: tuple[Any, ...], descending: bool, call: str
) -> tuple[Any, ...]:
    """The terms of an order, and those that break its ties, in the direction of the last."""
    if multiplies(names, frame, steps):
        _refuse(
            call,
            "what is read over a to-many path makes several rows of one: begin with the model at its end, or "
            "annotate() an aggregate",
        )
    if _is_total(names, frame, steps, ordering):
        return ordering
    groups = _groups(steps)
    fields = groups.fields if groups is not None else [field.key for field in key_of(mapper_of(names.model))]
    named = _named(names, ordering)
    ties = [Order(field, descending) for field in fields]
    return (*ordering, *[tie for tie in ties if not named.issuperset(columns_ordered_by(names, tie))])


@cached(4096)
def _check_terms(names: Names, terms: tuple[Any, ...], call: str) -> None:
    for term in terms:
        if _is_random(term):
            _refuse(call, "an order by chance has no place to go on from")
        for name in [] if isinstance(term, Order) and term.path is None else paths_in(term):
            path = field_path(names, name)
            if path.annotation is None and path.crosses_to_many:
                _refuse(
                    call,
                    f"{name!r} leads to several rows, and a cursor needs one value of each: "
                    f"annotate(x=Min({name!r})).order_by('x')",
                )
        if isinstance(term, Order) and term.path is not None:
            _check_types(term.path, field_path(names, term.path).types, call)


def _is_random(shape: Hashable) -> bool:
    if isinstance(shape, Call) and issubclass(shape.kind, Random):
        return True
    return isinstance(shape, tuple) and any(map(_is_random, shape))


def has_place(type_: Any) -> bool:
    """Whether a cursor holds values of a type: whether they have one order, on whatever database."""
    return not isinstance(type_, (types.JSON, types.ARRAY, Document))


def _check_types(name: str, found: Iterable[Any], call: str) -> None:
    for each in found:
        if not has_place(each):
            _refuse(
                call,
                f"{name!r} is {type(each).__name__}, of which a cursor holds no value: order by a part of it",
            )


def _refuse(call: str, why: str) -> NoReturn:
    raise UnsupportedOperationError(f"{call}(): {why}")


def turned(query: Query) -> Query:
    """The same rows in the opposite order."""
    return query.evolve(frame=query.frame._replace(backwards=not query.frame.backwards))


def limited(query: Query, limit: int) -> Query:
    """The first so many rows."""
    return query.evolve(limit=limit, sliced=True)


def beyond(query: Query, place: Place, *, sqlite: bool) -> list[Query]:
    """The rows beyond a place, in one query or in two that follow each other.

    They are two where the rows lie in two stretches of an index: those with a first value, and those without.
    """
    nulls = tuple([value is None for value in place.values])
    values = tuple([value for value in place.values if value is not None])
    whole = Keyset(nulls, place.inclusive)
    if not nulls or not _is_split(query, sqlite=sqlite, null=nulls[0]):
        return [_of(query, whole, values)]
    return [_of(query, whole._replace(part=ALIKE), values), _of(query, Keyset(nulls[:1], part=OTHERS), ())]


def told_apart_by(query: Query) -> int:
    """How many of the last terms of an order are enough to tell its rows from each other."""
    names, steps, terms = query.names.bare, query.steps, _terms(query)
    frame = query.frame.unfilled._replace(keyset=None)
    return next((n for n in range(1, len(terms)) if _is_total(names, frame, steps, terms[-n:])), len(terms))


def standing_at(query: Query, place: Place) -> Query:
    """The row at a place that is known by its last values alone."""
    nulls = tuple([value is None for value in place.values])
    values = tuple([value for value in place.values if value is not None])
    return limited(_of(query, Keyset(nulls, part=AT), values), 1)


def _of(query: Query, keyset: Keyset, values: tuple[Any, ...]) -> Query:
    return query.evolve(frame=query.frame._replace(keyset=keyset), last=Clause(None, values))


def _is_split(query: Query, *, sqlite: bool, null: bool) -> bool:
    """Whether NULLs come after a first value, or values after a first NULL."""
    first = _terms(query)[0]
    if not _may_be_null(query.names.bare, first):
        return False
    nulls = first.nulls if isinstance(first, Sort) else None
    direction = first.descending, nulls
    if query.frame.backwards:
        direction = not first.descending, {"first": "last", "last": "first"}.get(nulls or "")
    return are_nulls_last(direction, sqlite=sqlite) != null


def _may_be_null(names: Names, term: Order | Sort) -> bool:
    """Whether a term may be NULL; of SQLAlchemy's own nobody knows where its NULLs stand."""
    if isinstance(term, Order) and term.path is None:
        return False
    name = term.path if isinstance(term, Order) else None
    if isinstance(term, Sort) and isinstance(term.value, Reference):
        name = term.value.path
    if name is None:
        return True
    path = field_path(names, name).shortest
    plain = path.annotation is None and not path.transforms
    return not plain or any(each.nullable for each in path.fields) or any(hop.nullable for hop in path.hops)
