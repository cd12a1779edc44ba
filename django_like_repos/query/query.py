"""``Query``: everything that a chain of calls asked for, as one immutable value."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django_like_repos.query.into import Into
from django_like_repos.query.names import Names
from django_like_repos.query.shapes import NEVER, Frame, Group, Shape
from django_like_repos.query.telling import Written, told


class Clause(NamedTuple):
    """One call, read: its shape, and in the order of the shape its values and SQLAlchemy expressions."""

    shape: Hashable
    params: tuple[Any, ...] = ()
    expressions: tuple[Any, ...] = ()


def grouped(connector: str, negated: bool, clauses: Sequence[Clause]) -> Clause:
    """Conditions under one connector, as one clause."""
    return Clause(
        Group(connector, negated, tuple([clause.shape for clause in clauses])),
        tuple([param for clause in clauses for param in clause.params]),
        tuple([expression for clause in clauses for expression in clause.expressions]),
    )


class Returning(NamedTuple):
    """What UPDATE and DELETE give back: fields, or the model."""

    fields: tuple[str, ...]
    model: bool
    counted: bool = False
    """Whether nothing but a number is wanted: of many rows that are written at a time."""


Call = tuple[Any, str, tuple[Any, ...], Mapping[str, Any]]
"""A call as it was written, for ``repr`` and error messages: the one before it, name and arguments."""

_tuple: Final = tuple.__new__

NOTHING: Final = Clause(NEVER)
UNORDERED: Final = Clause(())


class Settings:
    """What most chains leave as it is. Immutable: ``evolve()`` gives a changed copy."""

    frame: Frame = Frame()
    step_expressions: tuple[Any, ...] = ()
    loaders: tuple[Any, ...] = ()
    """SQLAlchemy loader options without values of their own."""
    volatile: tuple[Any, ...] = ()
    """SQLAlchemy loader options that hold values, and so belong to one execution."""
    foreign: bool = False
    """Whether SQLAlchemy expressions or loader options are among the clauses."""
    row: str = "model"
    """What a row becomes: ``model``, ``tuple``, ``named``, ``scalar``, ``dict`` or what ``into()`` says."""
    into: Into | None = None
    returning: Returning | None = None
    prefetches: "tuple[Prefetched, ...]" = ()
    """The relations that statements of their own load."""
    tree: Any = None
    """The tree that is loaded under the models: ``Grown``."""
    execution_options: Mapping[str, Any] = MappingProxyType({})
    flush: bool = False
    commit: bool = False
    reads: str | None = None
    """The place that it is read from; None for that of the session."""
    writes: str | None = None
    """The form of its UPDATE and DELETE; None for that of the session's database."""
    hooks: Any = None
    """What is called where rows are written, if the repository has any."""
    shown: bool = False
    """Whether errors and ``repr`` show values."""
    default_order: bool = False
    """Whether nobody asked for the order: it is the repository's, and of no use to groups."""
    last: Clause = Clause(None)
    """The values and SQLAlchemy expressions of ``aggregate()``, and those of a place in the order, which come
    after all others."""

    def __init__(self) -> None:
        # Its own, since Python finds those of an instance faster: this is on the way of every query.
        vars(self).update({name: getattr(Settings, name) for name in Settings.__annotations__})

    @property
    def loads_apart(self) -> bool:
        """Whether statements of their own load something for the models."""
        return bool(self.prefetches or self.tree)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings are immutable: use evolve({name}=…)")

    def evolve(self, changes: Mapping[str, Any]) -> "Settings":
        """A copy in which ``changes`` replace attributes of the same name."""
        copy = object.__new__(Settings)
        copy.__dict__.update(self.__dict__)
        copy.__dict__.update(changes)
        return copy

    def __reduce__(self) -> tuple[Any, ...]:
        changes = {name: each for name, each in vars(self).items() if each is not getattr(Settings, name)}
        return _settings, (changes,)


def _settings(changes: dict[str, Any]) -> Settings:
    return Settings().evolve(changes)


class Query(NamedTuple):
    """What was asked, never how it is said in SQL.

    ``evolve()`` gives a changed copy that shares all the rest. Two queries are the same only if they are one
    object (SQLAlchemy expressions inside have no equality).
    """

    names: Names
    steps: tuple[Hashable, ...] = ()
    """The shapes of the calls whose order counts, ``filter`` and ``exclude``."""
    step_params: tuple[Any, ...] = ()
    ordering: Clause = UNORDERED
    limit: int | None = None
    offset: int | None = None
    sliced: bool = False
    """Whether these are rows of a slice, to which nothing may be added that chooses rows."""
    last_call: "Call | None" = None
    settings: Settings = Settings()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def evolve(self, **changes: Any) -> "Query":
        """A copy in which ``changes`` replace fields of the query or of its settings."""
        parts, of_settings = [*self], dict[str, Any]()
        for name, value in changes.items():
            if name in _PLACES:
                parts[_PLACES[name]] = value
            else:
                of_settings[name] = value
        if of_settings:
            parts[-1] = self.settings.evolve(of_settings)
        return _tuple(Query, parts)

    def reframed(self, call: "Call", **changes: Any) -> "Query":
        """A copy with ``changes`` to its frame."""
        return self.evolve(frame=self.settings.frame.evolve(**changes), last_call=call)

    # The same for the calls that nearly every chain has, at a fraction of the cost.

    def narrowed(
        self,
        step: Hashable,
        more: tuple[Any, ...],
        expressions: tuple[Any, ...],
        call: "Call",
        after: Names | None = None,
    ) -> "Query":
        """A copy with one more step, ``after`` which names may mean something else."""
        names, steps, params, ordering, limit, offset, sliced, _, settings = self
        if expressions:
            every = (*settings.step_expressions, *expressions)
            settings = settings.evolve({"step_expressions": every, "foreign": True})
        parts: Any = (
            after or names,
            (*steps, step),
            (*params, *more),
            ordering,
            limit,
            offset,
            sliced,
            call,
            settings,
        )
        return _tuple(Query, parts)

    def reordered(self, ordering: Clause, call: "Call") -> "Query":
        """A copy in another order."""
        names, steps, params, _, limit, offset, sliced, _, settings = self
        if ordering[2] or settings.default_order:
            foreign = settings.foreign or bool(ordering[2])
            settings = settings.evolve({"foreign": foreign, "default_order": False})
        parts: Any = (names, steps, params, ordering, limit, offset, sliced, call, settings)
        return _tuple(Query, parts)

    def windowed(self, limit: int | None, offset: int, call: "Call") -> "Query":
        """A copy of some of the rows."""
        names, steps, params, ordering, _, _, _, _, settings = self
        parts: Any = (names, steps, params, ordering, limit, offset, True, call, settings)
        return _tuple(Query, parts)

    @property
    def model(self) -> type[Any]:
        return self.names.model

    @property
    def frame(self) -> Frame:
        return self.settings.frame

    @property
    def foreign(self) -> bool:
        return self.settings.foreign

    @property
    def row(self) -> str:
        return self.settings.row

    @property
    def returning(self) -> Returning | None:
        return self.settings.returning

    @property
    def execution_options(self) -> Mapping[str, Any]:
        return self.settings.execution_options

    @property
    def flush(self) -> bool:
        return self.settings.flush

    @property
    def commit(self) -> bool:
        return self.settings.commit

    @property
    def ordered(self) -> bool:
        return bool(self.ordering.shape)

    @property
    def never(self) -> bool:
        """Whether no row can match, so that the database need not be asked."""
        return NEVER in self.steps

    def taken_apart(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """The parts of a ``Shape``, all that decides the SQL without values; and the values in its order.

        Expressions and loader options are keyed apart.
        """
        names, steps, params, ordering, limit, offset, _, _, settings = self
        if ordering[1]:
            params = (*params, *ordering[1])
        if offset is not None:
            params = (*params, offset) if limit is None else (*params, limit, offset)
        elif limit is not None:
            params = (*params, limit)
        if settings.last[1]:
            params = (*params, *settings.last[1])
        # Who may write what decides nothing any more.
        names = names if names.guard is None else names.bare
        # To make a Shape of them costs as much as all else here, and this is on the way of every query.
        return (names, settings.frame, steps, ordering[0], limit is not None, offset is not None), params

    @property
    def shape(self) -> Shape:
        return Shape(*self.taken_apart()[0])

    @property
    def params(self) -> tuple[Any, ...]:
        return self.taken_apart()[1]

    @property
    def expressions(self) -> tuple[Any, ...]:
        """The SQLAlchemy expressions, in the order in which the shape names them."""
        settings = self.settings
        return (*settings.step_expressions, *self.ordering.expressions, *settings.last.expressions)

    def __repr__(self) -> str:
        return self.model.__name__ + told(self.calls(), shown=self.settings.shown)

    def __reduce__(self) -> tuple[Any, ...]:
        calls = [(name, args, {**kwargs}) for name, args, kwargs in self.calls()]
        fields = {name: getattr(self, name) for name in self._fields if name != "last_call"}
        return _restored, (fields, calls)

    def calls(self) -> Iterator[Written]:
        """Its calls as they were written, the first one first."""
        calls: list[Written] = []
        call = self.last_call
        while call is not None:
            calls.append(call[1:])
            call = call[0]
        return reversed(calls)


_PLACES: Final = {name: place for place, name in enumerate(Query._fields)}


class Prefetched(NamedTuple):
    """A relation that a statement of its own loads, for all models of a query at once."""

    relation: str
    """Its name, or that of the subclass of which the models may be."""
    query: Query
    """Of the related rows; what is prefetched for them is among its settings."""
    attribute: str | None = None
    """Where the models have them, if not in the relation."""
    own: bool = False
    """Whether the query is the user's: it is asked also where the relation is loaded already."""
    partial: bool = False
    """Whether some related rows may be left out."""

    @property
    def name(self) -> str:
        return self.attribute or self.relation


def _restored(fields: dict[str, Any], calls: Iterable[Written]) -> Query:
    last: Call | None = None
    for name, args, kwargs in calls:
        last = (last, name, args, kwargs)
    return Query(**fields, last_call=last)
