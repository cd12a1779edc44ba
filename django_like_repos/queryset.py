"""``QuerySet``: Django's, on SQLAlchemy models. Chain methods copy; terminal methods are awaited."""

from collections.abc import Generator, Iterable, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, overload
from uuid import UUID

from sqlalchemy.orm import InstrumentedAttribute
from typing_extensions import TypeVar

from django_like_repos import clauses, execution
from django_like_repos.batching import Batching
from django_like_repos.bodies import Bodies
from django_like_repos.clauses import annotating, combining, instances
from django_like_repos.descending import Descending
from django_like_repos.errors import DoesNotExist, MultipleObjectsReturned, UnsupportedOperationError
from django_like_repos.execution.sessions import SomeSession, known_of
from django_like_repos.exporting import Exporting
from django_like_repos.filtering import Filtering
from django_like_repos.loading import Loading
from django_like_repos.paging import Paging
from django_like_repos.query import Q, Query, plain
from django_like_repos.query.conditions import AND, OR, XOR
from django_like_repos.showing import Item
from django_like_repos.streaming import Streaming

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

Model = TypeVar("Model")
Row = TypeVar("Row", default=Model)
Made = TypeVar("Made")
Plain = TypeVar(
    "Plain",
    bound=str | bytes | bool | int | float | Decimal | date | time | timedelta | UUID | Enum | None,
)
"""The values of plain columns, of which SQLAlchemy's attributes know the type."""


class QuerySet(
    Loading,
    Filtering,
    Descending,
    Batching,
    Bodies,
    Exporting,
    Streaming[Row],
    Paging[Row],
    Generic[Model, Row],
):
    """Rows of a model, described lazily (``django.db.models.QuerySet``).

    ``await queryset`` gives a list of ``Row``: models, unless ``values()`` or ``values_list()`` was called.
    Nothing is cached: awaiting twice runs twice. Every chain method gives a new queryset, and raises where
    it is written: UnknownFieldError, UnknownLookupError, InvalidLookupValueError, or
    UnsupportedOperationError for calls that do not go together.
    """

    def __init__(
        self, model: type[Model], session: SomeSession | None = None, *, time_zone: str | None = None
    ) -> None:
        """Without a session it can only be looked at; ``time_zone`` is the database's if left out."""
        zone, shown = known_of(session)
        self._query = clauses.whole(model, zone if time_zone is None else time_zone, shown)
        self._session = session

    # Chain methods: each gives a copy.

    def all(self) -> Self:
        """A copy."""
        return self._with(self._query)

    def none(self) -> Self:
        """No rows, without asking the database."""
        return self._with(clauses.emptied(self._query))

    def filter(self, /, *args: Any, **kwargs: Any) -> Self:
        """Rows for which everything given holds: ``Q``s, SQLAlchemy expressions, lookups by keyword.

        One call speaks of one related row: ``filter(subsections__name="a", subsections__status_id=2)``
        wants a subsection with both, two calls are content with one for each.
        """
        return self._with(clauses.filtered(self._query, args, kwargs))

    def exclude(self, /, *args: Any, **kwargs: Any) -> Self:
        """Rows for which not everything given holds."""
        return self._with(clauses.excluded(self._query, args, kwargs))

    def complex_filter(self, condition: Q | Mapping[str, Any]) -> Self:
        """``filter()`` of a ``Q``, or of a dict of lookups."""
        return self._with(clauses.complex_filtered(self._query, condition))

    def annotate(self, /, *args: Any, **kwargs: Any) -> Self:
        """Computes values beside those of the rows, under names that later calls may use.

        Takes expressions and conditions by name, aggregates also without (``Count("x")`` is ``x__count``).
        Models carry them as attributes; after ``values()`` an aggregate is of the rows that have those values
        in common. Raises UnsupportedOperationError for a name that is taken, and for mixed types.
        """
        return self._with(annotating.annotate(self._query, "annotate", args, kwargs))

    def alias(self, /, *args: Any, **kwargs: Any) -> Self:
        """Names expressions for later calls; they are no part of the rows."""
        return self._with(annotating.annotate(self._query, "alias", args, kwargs))

    def order_by(self, *args: Any) -> Self:
        """Orders by names (``"-status__code"`` descending, ``"?"`` by chance), expressions, annotations."""
        return self._with(clauses.ordered(self._query, args))

    def reverse(self) -> Self:
        """Turns the order round."""
        return self._with(clauses.turned_round(self._query))

    def innerjoin(self, *args: str) -> Self:
        """Joins relation paths, INNER: every filter and ordering on them speaks of this join."""
        return self._with(clauses.joined(self._query, args, outer=False))

    def outerjoin(self, *args: str) -> Self:
        """Joins relation paths, LEFT OUTER: every filter and ordering on them speaks of this join."""
        return self._with(clauses.joined(self._query, args, outer=True))

    def distinct(self, *fields: str) -> Self:
        """SELECT DISTINCT; with fields, of the rows that are alike in them the first one in order."""
        return self._with(clauses.made_distinct(self._query, fields))

    def union(self, *others: "QuerySet[Any, Any]", all: bool = False) -> Self:
        """The rows of this queryset and of others, each once unless ``all``."""
        return self._combined(others, "union", every=all)

    def intersection(self, *others: "QuerySet[Any, Any]") -> Self:
        """The rows that are in this queryset and in all others."""
        return self._combined(others, "intersection", every=False)

    def difference(self, *others: "QuerySet[Any, Any]") -> Self:
        """The rows of this queryset that are in none of the others."""
        return self._combined(others, "difference", every=False)

    def __or__(self, other: "QuerySet[Model, Any]") -> Self:
        return self._joined_by(other, OR)

    def __and__(self, other: "QuerySet[Model, Any]") -> Self:
        return self._joined_by(other, AND)

    def __xor__(self, other: "QuerySet[Model, Any]") -> Self:
        return self._joined_by(other, XOR)

    def values(self, /, *fields: Any, **expressions: Any) -> "QuerySet[Model, dict[str, Any]]":
        """Rows become dicts of the named fields, or of all columns; expressions get the names given."""
        return self._reading(clauses.projected(self._query, "values", fields, "dict", expressions, told=True))

    def dates(
        self, field: str, kind: Literal["year", "month", "week", "day"], order: Literal["ASC", "DESC"] = "ASC"
    ) -> "QuerySet[Model, date]":
        """The different dates of a field, each the first of its year, month, week or itself."""
        return self._reading(clauses.dated(self._query, field, kind, order, zone=None, moments=False))

    def datetimes(
        self,
        field: str,
        kind: Literal["year", "month", "week", "day", "hour", "minute", "second"],
        order: Literal["ASC", "DESC"] = "ASC",
        tzinfo: tzinfo | None = None,
    ) -> "QuerySet[Model, datetime]":
        """The different datetimes of a field, each cut down to its year … second, in a zone."""
        return self._reading(clauses.dated(self._query, field, kind, order, zone=tzinfo, moments=True))

    # What is related has no type here: read as a value it is no object.
    @overload
    def values_list(
        self, field: InstrumentedAttribute[Plain], /, *, flat: Literal[True], named: Literal[False] = False
    ) -> "QuerySet[Model, Plain]": ...
    @overload
    def values_list(
        self, field: Any, /, *, flat: Literal[True], named: Literal[False] = False
    ) -> "QuerySet[Model, Any]": ...
    @overload
    def values_list(
        self, *fields: Any, flat: Literal[False] = False, named: Literal[True]
    ) -> "QuerySet[Model, Any]": ...
    @overload
    def values_list(
        self, *fields: Any, flat: Literal[False] = False, named: Literal[False] = False
    ) -> "QuerySet[Model, tuple[Any, ...]]": ...

    def values_list(self, *fields: Any, flat: bool = False, named: bool = False) -> "QuerySet[Model, Any]":
        """Rows become tuples of the named fields, or of all columns.

        ``flat``: of one field, the bare values. ``named``: named tuples.
        """
        if flat and named:
            raise UnsupportedOperationError("values_list(): flat and named do not go together")
        if flat and len(fields) != 1:
            raise UnsupportedOperationError(f"values_list(flat=True) takes one field, not {len(fields)}")
        row = "scalar" if flat else "named" if named else "tuple"
        return self._reading(clauses.projected(self._query, "values_list", fields, row, told=True))

    def into(self, kind: type[Made]) -> "QuerySet[Model, Made]":
        """Rows become objects of a type, of just the columns and relations that its fields name.

        A dataclass, NamedTuple, TypedDict, class of attrs, Struct of msgspec or model of pydantic, which
        validates them. Raises UnsupportedOperationError for a field without a counterpart, for one that may
        be NULL where no None is taken, and for several rows where one is.
        """
        return self._reading(clauses.made_into(self._query, kind))

    @overload
    def __getitem__(self, index: int) -> Item[Row]: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...

    def __getitem__(self, index: int | slice) -> Item[Row] | Self:
        """``[a:b]``: LIMIT and OFFSET. ``[i]``: to be awaited, the row there, or None."""
        if not isinstance(index, slice):
            return Item(self._with(clauses.indexed(self._query, index)))
        if index.step is not None:
            raise UnsupportedOperationError("slices with a step are not supported")
        return self._with(clauses.sliced(self._query, index.start, index.stop))

    # Terminal methods: each asks the database.

    def __await__(self) -> Generator[Any, None, list[Row]]:
        return execution.fetch(self._session, self._query).__await__()

    async def first(self) -> Row | None:
        """The first row, by primary key where no order was asked for; None if there is none."""
        return await self._with(clauses.keyed(self._query, "first"))[:1]._one()

    async def last(self) -> Row | None:
        """The last row, by primary key where no order was asked for; None if there is none."""
        return await self._with(clauses.keyed(self._query, "last")).reverse()[:1]._one()

    async def earliest(self, *fields: Any) -> Row:
        """The first row by fields, or expressions. Raises DoesNotExist."""
        return await self._with(clauses.latest_by(self._query, "earliest", fields))._first_of("earliest")

    async def latest(self, *fields: Any) -> Row:
        """The last row by fields, or expressions. Raises DoesNotExist."""
        return await self._with(clauses.latest_by(self._query, "latest", fields))._first_of("latest")

    async def get(self, /, *args: Any, **kwargs: Any) -> Row:
        """The only row. Raises DoesNotExist and MultipleObjectsReturned."""
        queryset = self._narrowed(args, kwargs)
        for row in queryset._only(await queryset._two_at_most()):
            return row
        raise DoesNotExist(f"no {queryset._query!r}")

    async def get_one_or_none(self, /, *args: Any, **kwargs: Any) -> Row | None:
        """The only row, or None. Raises MultipleObjectsReturned."""
        queryset = self._narrowed(args, kwargs)
        rows = queryset._only(await queryset._two_at_most())
        return rows[0] if rows else None

    get_or_none = get_one_or_none

    async def count(self) -> int:
        """How many rows there are."""
        return await execution.count(self._session, self._query)

    async def exists(self) -> bool:
        """Whether there is any row."""
        return await execution.exists(self._session, self._query)

    async def aggregate(self, /, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Aggregates of all rows, by name (``Count("x")`` without one is ``x__count``)."""
        query = annotating.summarise(self._query, args, kwargs)
        return await execution.aggregate(self._session, query) if query.frame.summary else {}

    async def contains(self, obj: Model) -> bool:
        """Whether a model is among the rows. Raises UnsupportedOperationError for what is none of a table."""
        return await execution.exists(self._session, clauses.containing(clauses.unlocked(self._query), obj))

    async def in_bulk(
        self, id_list: Iterable[Any] | None = None, *, field_name: str = "pk"
    ) -> dict[Any, Row]:
        """Models by the value of a unique field, the primary key unless another is named."""
        keys = tuple([field.key for field in clauses.bulk_field(self._query, field_name).fields])
        query = self._query if id_list is None else clauses.in_bulk(self._query, field_name, id_list)
        return await execution.by_field(self._session, query, keys)

    async def get_or_create(
        self, /, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[Model, bool]:
        """The only model that ``kwargs`` find, or a new one of them and ``defaults``; whether it is new.

        Values that are callable are called. Raises MultipleObjectsReturned.
        """
        query = clauses.looked_up(self._query, "get_or_create", kwargs)
        attributes = partial(instances.attributes, plain(query.names), "get_or_create", kwargs)
        instances.check_defaults(query.names, "get_or_create", defaults)
        return await execution.get_or_create(self._session, query, attributes, defaults)

    async def update_or_create(
        self,
        /,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[Model, bool]:
        """The only model that ``kwargs`` find, with ``defaults`` set on it, or a new one; whether it is new.

        A new one gets ``kwargs`` and ``create_defaults``, or ``defaults`` where those are not given.
        Raises MultipleObjectsReturned.
        """
        query = clauses.looked_up(self._query, "update_or_create", kwargs)
        attributes = partial(instances.attributes, plain(query.names), "update_or_create", kwargs)
        instances.check_defaults(query.names, "update_or_create", defaults, create_defaults)
        fresh = defaults if create_defaults is None else create_defaults
        return await execution.update_or_create(self._session, query, attributes, fresh, defaults)

    async def update(self, values: Mapping[str, Any] | None = None, /, **kwargs: Any) -> "Written":
        """Sets columns of the rows, by a dict or by keywords; values may be ``F`` expressions.

        Gives SQLAlchemy's ``Result`` with the primary keys, or what ``returning()`` chose, and ``rowcount``.
        """
        clauses.check_waits(self._query, "update")
        query = clauses.to_be_updated(self._query)
        return await execution.update(self._session, query, clauses.merged(values, kwargs))

    async def delete(self, *, cascade: Literal["orm"] | None = None) -> "Written":
        """Deletes the rows. Gives SQLAlchemy's ``Result``, as ``update()`` does.

        ``cascade="orm"`` loads them, and deletes with them what the mapping has cascade, in batches; without
        it that is refused where the database would not do it.
        """
        clauses.check_waits(self._query, "delete")
        clauses.check_deleted(self._query, cascade)
        return await execution.delete(self._session, self._query, by_orm=cascade is not None)

    aget = get
    afirst = first
    alast = last
    aearliest = earliest
    alatest = latest
    acount = count
    aexists = exists
    aaggregate = aggregate
    acontains = contains
    ain_bulk = in_bulk
    aget_or_create = get_or_create
    aupdate_or_create = update_or_create
    aupdate = update
    adelete = delete

    # How copies are made.

    def _reading(self, query: Query) -> "QuerySet[Any, Any]":
        return self._with(query)

    def _combined(self, others: Iterable["QuerySet[Any, Any]"], operator: str, *, every: bool) -> Self:
        queries = [_query_of(other, operator) for other in others]
        return self._with(combining.combined(self._query, queries, operator, every=every))

    def _joined_by(self, other: Any, connector: str) -> Self:
        if not isinstance(other, QuerySet):
            raise UnsupportedOperationError(f"a queryset is combined with querysets, not with {other!r}")
        left, right = self._query, other._query
        if connector != AND:
            left, right = clauses.unsliced(left), clauses.unsliced(right)
        return self._with(combining.joined_by(left, right, connector))

    def _narrowed(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Self:
        return self.filter(*args, **kwargs) if args or kwargs else self

    def _two_at_most(self) -> Self:
        return self if self._query.sliced else self[:2]

    def _only(self, rows: list[Row]) -> list[Row]:
        if len(rows) > 1:
            raise MultipleObjectsReturned(f"more than one {self._query!r}")
        return rows

    async def _first_of(self, name: str) -> Row:
        # Not None, but no row is none: a value that is read may be NULL.
        for row in await self[:1]:
            return row
        raise DoesNotExist(f"{name}(): no {self._query!r}")

    async def _one(self) -> Row | None:
        rows = await self
        return rows[0] if rows else None


def _query_of(other: Any, name: str) -> Query:
    if not isinstance(other, QuerySet):
        raise UnsupportedOperationError(f"{name}() takes querysets, not {other!r}")
    return other._query
