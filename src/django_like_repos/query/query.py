"""``Query``: everything that a chain of calls asked for, as one immutable value."""

from collections.abc import Hashable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

from django_like_repos.query.shapes import NEVER, Shape


class Clause(NamedTuple):
    """One call, read: its shape, and in the order of the shape its values and SQLAlchemy expressions."""

    shape: Hashable
    params: tuple[Any, ...] = ()
    expressions: tuple[Any, ...] = ()


class Join(NamedTuple):
    """A path whose join the user declared with ``innerjoin()`` or ``outerjoin()``."""

    path: str
    outer: bool


class Projection(NamedTuple):
    """Fields to read instead of models; ``position`` is how many steps came before the call."""

    fields: tuple[str, ...]
    position: int


class Returning(NamedTuple):
    """What UPDATE and DELETE give back: fields, or the model."""

    fields: tuple[str, ...]
    model: bool


NOTHING: Final = Clause(NEVER)
_UNORDERED: Final = Clause(())


class Query:
    """What was asked, never how it is said in SQL.

    Attributes are read, not written: ``evolve()`` gives a changed copy that shares all the rest. Two
    queries are the same only if they are one object (SQLAlchemy expressions inside have no equality).
    """

    model: type[Any]
    steps: tuple[Clause, ...] = ()
    """The calls whose order counts, ``filter`` and ``exclude``."""
    joins: tuple[Join, ...] = ()
    loads: tuple[str, ...] = ()
    """Relation paths of ``options()``."""
    loaders: tuple[Any, ...] = ()
    """SQLAlchemy loader options without values of their own."""
    volatile: tuple[Any, ...] = ()
    """SQLAlchemy loader options that hold values, and so belong to one execution."""
    foreign: bool = False
    """Whether SQLAlchemy expressions or loader options are among the clauses."""
    ordering: Clause = _UNORDERED
    backwards: bool = False
    projection: Projection | None = None
    row: str = "model"
    """What a row becomes: ``model``, ``tuple``, ``named``, ``scalar`` or ``dict``."""
    distinct: bool = False
    limit: int | None = None
    offset: int | None = None
    returning: Returning | None = None
    execution_options: Mapping[str, Any] = MappingProxyType({})
    flush: bool = False
    commit: bool = False
    calls: tuple[tuple[str, tuple[Any, ...], Mapping[str, Any]], ...] = ()
    """The calls as they were written, for ``repr`` and error messages."""

    def __init__(self, model: type[Any]) -> None:
        self.__dict__["model"] = model

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Query is immutable: use evolve({name}=…)")

    def evolve(self, **changes: Any) -> Self:
        """A copy in which ``changes`` replace attributes of the same name."""
        copy = object.__new__(type(self))
        attributes = copy.__dict__
        attributes.update(self.__dict__)
        attributes.update(changes)
        return copy

    @property
    def sliced(self) -> bool:
        return self.limit is not None or self.offset is not None

    @property
    def ordered(self) -> bool:
        return bool(self.ordering.shape)

    @property
    def shape(self) -> Shape:
        """All that decides the SQL, without values. Expressions and loader options are keyed apart."""
        ordering: Any = self.ordering.shape
        return Shape(
            self.model,
            tuple([step.shape for step in self.steps]),
            self.joins,
            self.loads,
            ordering,
            self.backwards,
            self.projection,
            self.distinct,
            self.limit is not None,
            self.offset is not None,
        )

    @property
    def params(self) -> tuple[Any, ...]:
        """The values, in the order of the shape."""
        params: list[Any] = []
        for step in self.steps:
            params += step.params
        params += self.ordering.params
        if self.limit is not None:
            params.append(self.limit)
        if self.offset is not None:
            params.append(self.offset)
        return tuple(params)

    @property
    def expressions(self) -> tuple[Any, ...]:
        """The SQLAlchemy expressions, in the order in which the shape names them."""
        expressions: list[Any] = []
        for step in self.steps:
            expressions += step.expressions
        expressions += self.ordering.expressions
        return tuple(expressions)

    def __repr__(self) -> str:
        return self.model.__name__ + "".join(_written(*call) for call in self.calls)


def _written(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    if name == "[]":
        return "[{}:{}]".format(*("" if bound is None else bound for bound in args))
    given = [*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())]
    return f".{name}({', '.join(given)})"
