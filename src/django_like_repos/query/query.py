"""``Query``: everything that a chain of calls asked for, as one immutable value."""

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from django_like_repos.query.names import Names
from django_like_repos.query.shapes import NEVER, Frame, Group, Shape


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


Call = tuple["Call | None", str, tuple[Any, ...], Mapping[str, Any]]
"""A call as it was written, for ``repr`` and error messages: the one before it, name and arguments."""

_new: Final = object.__new__

NOTHING: Final = Clause(NEVER)
_UNORDERED: Final = Clause(())


class Query:
    """What was asked, never how it is said in SQL.

    Attributes are read, not written: ``evolve()`` gives a changed copy that shares all the rest. Two
    queries are the same only if they are one object (SQLAlchemy expressions inside have no equality).
    """

    model: type[Any]
    names: Names
    steps: tuple[Hashable, ...] = ()
    """The shapes of the calls whose order counts, ``filter`` and ``exclude``."""
    step_params: tuple[Any, ...] = ()
    step_expressions: tuple[Any, ...] = ()
    frame: Frame = Frame()
    loaders: tuple[Any, ...] = ()
    """SQLAlchemy loader options without values of their own."""
    volatile: tuple[Any, ...] = ()
    """SQLAlchemy loader options that hold values, and so belong to one execution."""
    foreign: bool = False
    """Whether SQLAlchemy expressions or loader options are among the clauses."""
    ordering: Clause = _UNORDERED
    row: str = "model"
    """What a row becomes: ``model``, ``tuple``, ``named``, ``scalar`` or ``dict``."""
    limit: int | None = None
    offset: int | None = None
    sliced: bool = False
    """Whether these are rows of a slice, to which nothing may be added that chooses rows."""
    returning: Returning | None = None
    execution_options: Mapping[str, Any] = MappingProxyType({})
    flush: bool = False
    commit: bool = False
    last_call: "Call | None" = None

    def __init__(self, names: Names) -> None:
        self.__dict__["names"] = names
        self.__dict__["model"] = names.model

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Query is immutable: use evolve({name}=…)")

    def evolve(self, **changes: Any) -> "Query":
        """A copy in which ``changes`` replace attributes of the same name."""
        copy = _new(Query)
        attributes = copy.__dict__
        attributes.update(self.__dict__)
        attributes.update(changes)
        return copy

    def reframed(self, call: "Call", **changes: Any) -> "Query":
        """A copy with ``changes`` to its frame."""
        return self.evolve(frame=self.frame._replace(**changes), last_call=call)

    # The same for the calls that nearly every chain has, at two thirds of the cost.

    def narrowed(self, clause: Clause, call: "Call") -> "Query":
        """A copy with one more step."""
        copy = _new(Query)
        attributes = copy.__dict__
        attributes.update(self.__dict__)
        attributes["steps"] = (*self.steps, clause[0])
        attributes["step_params"] = (*self.step_params, *clause[1])
        attributes["last_call"] = call
        if clause[2]:
            attributes["step_expressions"] = (*self.step_expressions, *clause[2])
            attributes["foreign"] = True
        return copy

    def reordered(self, ordering: Clause, call: "Call") -> "Query":
        """A copy in another order."""
        copy = _new(Query)
        attributes = copy.__dict__
        attributes.update(self.__dict__)
        attributes["ordering"] = ordering
        if self.frame.backwards:
            attributes["frame"] = self.frame._replace(backwards=False)
        attributes["last_call"] = call
        if ordering[2]:
            attributes["foreign"] = True
        return copy

    def windowed(self, limit: int | None, offset: int, call: "Call") -> "Query":
        """A copy of some of the rows."""
        copy = _new(Query)
        attributes = copy.__dict__
        attributes.update(self.__dict__)
        attributes["limit"] = limit
        attributes["offset"] = offset
        attributes["sliced"] = True
        attributes["last_call"] = call
        return copy

    @property
    def ordered(self) -> bool:
        return bool(self.ordering.shape)

    @property
    def never(self) -> bool:
        """Whether no row can match, so that the database need not be asked."""
        return NEVER in self.steps

    @property
    def shape(self) -> Shape:
        """All that decides the SQL, without values. Expressions and loader options are keyed apart."""
        # As Shape(…) does it, without the cost of its checks: this is on the way of every query.
        parts: Any = (
            self.names,
            self.frame,
            self.steps,
            self.ordering[0],
            self.limit is not None,
            self.offset is not None,
        )
        return tuple.__new__(Shape, parts)

    @property
    def params(self) -> tuple[Any, ...]:
        """The values, in the order of the shape."""
        limit, offset = self.limit, self.offset
        if limit is None:
            return self.step_params if offset is None else (*self.step_params, offset)
        return (*self.step_params, limit) if offset is None else (*self.step_params, limit, offset)

    @property
    def expressions(self) -> tuple[Any, ...]:
        """The SQLAlchemy expressions, in the order in which the shape names them."""
        return (*self.step_expressions, *self.ordering.expressions)

    def __repr__(self) -> str:
        calls: list[str] = []
        call = self.last_call
        while call is not None:
            before, name, args, kwargs = call
            calls.append(_written(name, args, kwargs))
            call = before
        return self.model.__name__ + "".join(reversed(calls))


def _written(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    if name == "[]":
        return "[{}:{}]".format(*("" if bound is None else bound for bound in args))
    given = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
    return f".{name}({', '.join(given)})"
