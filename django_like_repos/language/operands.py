"""The right side of a lookup: reading what the user gave into an operand, and operands into SQL.

A ``Target`` is what a value is held against; it knows the fields, so it coerces and refuses.
"""

from collections.abc import Callable, Hashable
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any, Final, NamedTuple, NoReturn
from uuid import UUID

from sqlalchemy import inspect, literal, tuple_, types
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.language.inference import FAMILIES, family
from django_like_repos.language.kinds import (
    Builder,
    build_expression,
    is_condition,
    is_expression,
    is_json_null,
    read_expression,
    together,
)
from django_like_repos.language.members import members_as
from django_like_repos.language.sides import Constant, Rows, Several, Side
from django_like_repos.mapping.models import Field, field_of, key_of, mapper_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Clause, F, HasQuery, OuterRef, Subquery, Value, grouped, is_queryset
from django_like_repos.query.conditions import AND, OR
from django_like_repos.query.shapes import (
    FALSE,
    LIST,
    LONG_LIST,
    NEVER,
    NULL,
    TRUE,
    VALUE,
    Atom,
    Members,
    Nested,
    Pair,
    Reference,
    Row,
)
from django_like_repos.query.shapes import Subquery as Chosen
from django_like_repos.values import (
    Between,
    Beyond,
    Refused,
    coercion_of,
    compared_as,
    comparison_type,
    shown,
)

_NO_TRUTHS: Final = FAMILIES - {"boolean", "json"}

# Values that are no mapped instances, told apart without asking SQLAlchemy.
_PLAIN: Final = (str, int, float, Decimal, bytes, date, time, timedelta, UUID, tuple, list)


class Target:
    """A path and the lookup on it: what values are coerced for and atoms are made of."""

    __slots__ = ("between", "coercions", "lookup", "path", "plain", "types", "written")

    def __init__(
        self,
        path: Path,
        lookup: str,
        written: str,
        takes: TypeEngine[Any] | None = None,
        between: "Callable[[int], Any] | None" = None,
    ) -> None:
        """``takes`` is the type of the values if that is not the path's.

        ``between`` says what a number that lies between an integer and the next is for integers.
        """
        self.path = path
        self.lookup = lookup
        self.written = written
        self.between = between
        self.types = path.types if takes is None else (takes,)
        self.coercions = tuple([coercion_of(type_, path.names.zone) for type_ in self.types])
        self.plain = Atom(path.name, lookup, VALUE)

    @property
    def source(self) -> "Target":
        """The same of the path without its last transform."""
        assert self.path.source is not None
        return Target(self.path.source, self.lookup, self.written)

    def refuse(self, expected: str, value: object, hint: str = "") -> NoReturn:
        """Raises InvalidLookupValueError: what is expected, what was given, and the way out."""
        given = "None" if value is None else type(value).__name__
        error = InvalidLookupValueError(
            f"{self.path.model.__name__}: {self.written}={shown(value)} does not fit: "
            f"{self.lookup!r} takes {expected} here, not {given}{f' ({hint})' if hint else ''}"
        )
        error.expected = expected
        raise error

    def atom(self, operand: Clause, lookup: str | None = None) -> Clause:
        """The lookup, or another that is named, applied to an operand that was read."""
        atom = Atom(self.path.name, lookup or self.lookup, operand.shape)
        return Clause(atom, operand.params, operand.expressions)

    def null(self, absent: bool) -> Clause:
        """Whether the path is NULL, whatever lookup was written."""
        if self.path.composite is not None:
            # A composite is None where all its columns are; of a key one is enough.
            atoms = [
                Clause(Atom(f"{self.path.name}{SEPARATOR}{name}", "isnull", TRUE if absent else FALSE))
                for name in self.path.composite.components
            ]
            return grouped(AND if absent else OR, False, atoms)
        return Clause(Atom(self.path.name, "isnull", TRUE if absent else FALSE))

    def component(self, number: int, value: Any) -> Clause:
        """The same of one column of a composite; None is NULL."""
        assert self.path.composite is not None
        name = f"{self.path.name}{SEPARATOR}{self.path.composite.components[number]}"
        if value is None:
            return Clause(Atom(name, "isnull", TRUE))
        coerced = self.coerce_part(number, value)
        return Clause(NEVER) if beyond(coerced) else Clause(Atom(name, self.lookup, VALUE), (coerced,))

    def operand(self, value: Any) -> Clause:
        """One value or expression to compare with; of several columns, a tuple that may hold both."""
        width = len(self.coercions)
        if is_queryset(value):
            return self._queried(value)
        if is_expression(value):
            if type(value) is Value and value.value is None and not is_json_null(value):
                raise UnsupportedOperationError(
                    f"{self.written}={value!r}: nothing equals NULL; None, or isnull, asks for it"
                )
            if width != 1 and isinstance(value, F) and not isinstance(value, OuterRef):
                return self._columns(value)
            if width != 1:
                raise UnsupportedOperationError(
                    f"{self.written}={value!r}: {self.path} has {width} columns, and an expression has one"
                )
            clause = read_expression(self.path.names, members_as(value, self.types))
            self._check_truth(value, clause)
            return clause
        if width == 1:
            return Clause(VALUE, (self.coerce(value),))
        parts = self.parts(value)
        if not any(map(is_expression, parts)):
            return Clause(Row((VALUE,) * width), self.coerce(value))
        read = [self._part(number, part) for number, part in enumerate(parts)]
        return Clause(Row(tuple([clause.shape for clause in read])), *together(read))

    def _queried(self, value: HasQuery) -> Clause:
        """The one value of a queryset."""
        query = value._query
        if self.lookup == "exact" and query.limit != 1:
            self.refuse("a value", value, "a queryset goes with 'in', or is limited to one row: queryset[:1]")
        if query.limit != 1 and query.frame.projection is None:
            self.refuse("a value", value, "values_list() chooses the value of a queryset to compare with")
        mapper = self.path.mapper
        if self.path.relation and query.frame.projection is None and not mapper_of(query.model).isa(mapper):
            self.refuse(f"a {mapper.class_.__name__}", value)
        return read_expression(self.path.names, Subquery(value))

    def _check_truth(self, value: Any, clause: Clause, number: int = 0) -> None:
        """Raises InvalidLookupValueError for a condition, where what it is compared with is never one."""
        if family(self.types[number]) in _NO_TRUTHS and is_condition(value, clause.shape):
            self.refuse("a value and no condition", value, "filter(…) takes a condition by itself")

    def _columns(self, value: F) -> Clause:
        """As many columns as the path has."""
        path = written_path(self.path.names, value.name)
        if len(path.types) != len(self.coercions):
            raise UnsupportedOperationError(
                f"{self.written}={value!r}: {self.path} has {len(self.coercions)} columns, "
                f"and {path} has {len(path.types)}"
            )
        return Clause(Reference(value.name))

    def coerce(self, value: Any) -> Any:
        """A value as the path binds it; of several columns, a tuple. Raises InvalidLookupValueError."""
        if len(self.coercions) == 1:
            return self.coerce_part(0, self._plain(value))
        return tuple([self.coerce_part(number, part) for number, part in enumerate(self.parts(value))])

    def _part(self, number: int, part: Any) -> Clause:
        if is_expression(part):
            clause = read_expression(self.path.names, part)
            self._check_truth(part, clause, number)
            return clause
        return Clause(VALUE, (self.coerce_part(number, part),))

    def parts(self, value: Any) -> tuple[Any, ...]:
        """The values of several columns, not coerced yet. Raises InvalidLookupValueError."""
        composite = self.path.composite
        values = composite.values_of(value) if composite else None
        if values is None:
            values = self._plain(value)
        if not isinstance(values, (tuple, list)) or len(values) != len(self.coercions):
            fields = ", ".join(field.key for field in self.path.fields)
            several = len(values) if isinstance(values, (tuple, list)) else None
            hint = "" if several is None else f"of {several}, where {len(self.coercions)} are wanted"
            self.refuse(f"a tuple of ({fields})", value, hint)
        return tuple(values)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, _PLAIN):
            return value
        state = inspect(value, raiseerr=False)
        return self._key(state, value) if isinstance(state, InstanceState) else value

    def coerce_part(self, number: int, value: Any) -> Any:
        """A value of one of the columns. Raises InvalidLookupValueError."""
        if value is types.JSON.NULL and not _holds_documents(self.types[number]):
            # To Python it is an integer.
            self.refuse("no null of JSON", value)
        try:
            return self.coercions[number](value)
        except Refused as refused:
            stores = self.lookup.endswith(("update", "create"))
            other = None if stores else compared_as(self.types[number], value)
            if other is not None:
                return coercion_of(other, self.path.names.zone)(value)
            is_number = isinstance(value, (Real, Decimal))
            if is_number and isinstance(refused, Between) and self.between is not None:
                meant = self.between(refused.floor)
                # Rows are not ordered by each of their columns.
                if isinstance(meant, Beyond) or (meant is not None and len(self.coercions) == 1):
                    return meant
            hint = ""
            if is_queryset(value):
                hint = "Subquery() computes a value" if stores else "a queryset goes with 'in'"
            hint = "NULL is asked for by isnull" if value is None else hint
            self.refuse(str(refused), value, hint)

    def _key(self, state: InstanceState[Any], instance: object) -> Any:
        path = column_behind(self.path)
        if path is None or path.transforms:
            self.refuse("a value and no instance", instance)
        fields = path.fields
        if path.relation:
            if not state.mapper.isa(path.mapper):
                self.refuse(f"an instance of {path.mapper.class_.__name__}", instance)
        elif fields != key_of(path.mapper) or not state.mapper.isa(path.mapper):
            referenced = _referenced(fields[0], state.mapper) if len(fields) == 1 else None
            if referenced is None:
                classes = _instances_of(fields[0], state.mapper)
                self.refuse(f"an instance of {classes}" if classes else "a value and no instance", instance)
            fields = (referenced,)
        values = tuple(_loaded(state, field) for field in fields)
        if any(each is None for each in values):
            self.refuse(f"an instance that has a key: flush this {type(instance).__name__} first", instance)
        (first, *others) = values
        return values if others else first


def _holds_documents(type_: TypeEngine[Any]) -> bool:
    return "json" in [family(each) for each in (type_, *type_._variant_mapping.values())]


def column_behind(path: Path) -> Path | None:
    """What an annotation is a name for, through subqueries too; None where that is no column."""
    found: Path | None = path
    while found is not None and found.annotation is not None:
        shape, names = found.annotation.shape, found.names
        if found.transforms:
            return None
        if isinstance(shape, Nested) and not shape.exists:
            names, read = shape.shape.names, shape.shape
            key = key_name(mapper_of(names.model))
            shape = Reference(outputs_of(read)[0] if read.frame.projection is not None else key)
        found = field_path(names, shape.path) if isinstance(shape, Reference) else None
    return found


def beyond(value: Any) -> int:
    """-1 or 1 for an integer under or over what its column can hold at all, else 0."""
    if isinstance(value, Beyond):
        return 1 if value > 0 else -1
    if isinstance(value, tuple):
        return next((side for side in map(beyond, value) if side), 0)
    return 0


ParamTypes = tuple[TypeEngine[Any], ...]


def build_operand(builder: Builder, path: Path, operand: Hashable, param_types: ParamTypes) -> Side:
    """The SQL of an operand: ``path`` is what it is compared with, ``param_types`` the types it binds."""
    build = _BUILD.get(operand if isinstance(operand, str) else type(operand))
    return build_expression(builder, operand) if build is None else build(builder, path, operand, param_types)


def _value(builder: Builder, path: Path, operand: Any, param_types: ParamTypes) -> Side:
    return Constant(builder.bind(param_types[0]))


def _null(builder: Builder, path: Path, operand: Any, param_types: ParamTypes) -> Side:
    return Constant(literal(types.JSON.NULL, param_types[0]))


def _truth(builder: Builder, path: Path, operand: Any, param_types: ParamTypes) -> Side:
    return Constant(operand == TRUE)


def _list(builder: Builder, path: Path, operand: Any, param_types: ParamTypes) -> Side:
    if len(param_types) == 1:
        return Constant(builder.bind_list(param_types[0], operand))
    return Rows(builder.bind_list(types.TupleType(*param_types), operand))


class Mixed(NamedTuple):
    """The members of a list: those that are computed, and a parameter for the others."""

    computed: list[Any]
    rest: Any


def _members(builder: Builder, path: Path, operand: Members, param_types: ParamTypes) -> Side:
    computed = [build_operand(builder, path, part, param_types) for part in operand.computed]
    if operand.rest is None:
        return Several(lambda *values: Mixed(list(values), None), *computed)
    rest = build_operand(builder, path, operand.rest, param_types)
    return Several(lambda *values: Mixed(list(values[:-1]), values[-1]), *computed, rest)


def _row(builder: Builder, path: Path, operand: Row, param_types: ParamTypes) -> Side:
    parts = zip(operand.parts, param_types, strict=True)
    return Several(tuple_, *[build_operand(builder, path, part, (type_,)) for part, type_ in parts])


def _pair(builder: Builder, path: Path, operand: Pair, param_types: ParamTypes) -> Side:
    low = build_operand(builder, path, operand.low, param_types)
    high = build_operand(builder, path, operand.high, param_types)
    return Several(lambda *ends: ends, low, high)


def _subquery(builder: Builder, path: Path, operand: Chosen, param_types: ParamTypes) -> Side:
    return builder.subquery(operand.shape, path.fields)


_BUILD: Final[dict[Hashable, Callable[[Builder, Path, Any, ParamTypes], Side]]] = {
    VALUE: _value,
    NULL: _null,
    TRUE: _truth,
    FALSE: _truth,
    LIST: _list,
    LONG_LIST: _list,
    Members: _members,
    Row: _row,
    Pair: _pair,
    Chosen: _subquery,
}
"""How each kind of operand is built; all others are expressions."""


@cached(4096)
def param_types_of(path: Path) -> tuple[TypeEngine[Any], ...]:
    """The types that values compared with a path are bound as."""
    return tuple([comparison_type(type_) for type_ in path.types])


def _referenced(field: Field, mapper: Mapper[Any]) -> Field | None:
    """The field of ``mapper`` that a foreign key column points to."""
    for key in field.column.foreign_keys if field.column is not None else ():
        if key.column.table in mapper.tables:
            return field_of(mapper, mapper.get_property_by_column(key.column).key)
    return None


def _instances_of(field: Field, mapper: Mapper[Any]) -> str:
    """Of what classes an instance would do for a foreign key; nothing where the field is none."""
    tables = {key.column.table for key in field.column.foreign_keys} if field.column is not None else set()
    names = [each.class_.__name__ for each in mapper.registry.mappers if each.local_table in tables]
    return " or ".join(sorted(names))


def _loaded(state: InstanceState[Any], field: Field) -> Any:
    # Reading an expired attribute would ask the database in the middle of a chain.
    if field.key in state.dict:
        return state.dict[field.key]
    key = [state.mapper.get_property_by_column(column).key for column in state.mapper.primary_key]
    if state.identity is not None and field.key in key:
        return state.identity[key.index(field.key)]
    return None
