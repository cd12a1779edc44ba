"""Kinds of expressions: how each is read into a shape, what is known of it, and how it is built.

A kind registers itself under the classes that the user writes and the class of its shape.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol, TypeGuard

from sqlalchemy import ColumnElement, types
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.sql.elements import OperatorExpression
from sqlalchemy.types import TypeEngine, to_instance

from django_like_repos.caching import cached, cached_by_class
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.sides import Named, Predicate, Side
from django_like_repos.mapping.enums import stored_enum
from django_like_repos.mapping.models import Field
from django_like_repos.mapping.paths import Path
from django_like_repos.query import Clause, Expression, F, JSONNull, Names, Q, Value, is_queryset
from django_like_repos.query.shapes import OPAQUE, OPAQUE_AGGREGATE, Looked, Nested, Truth
from django_like_repos.query.trees import Walked
from django_like_repos.values.document import none_is_null
from django_like_repos.values.reckoned import Reckoned


class Builder(Protocol):
    """What building needs of the statement that an expression is part of."""

    def bind(self, type_: types.TypeEngine[Any]) -> Any: ...

    def bind_list(self, type_: types.TypeEngine[Any], operand: object) -> Any: ...

    def column(self, path: Path) -> Named:
        """A path, joined by the rules of the call that is being read."""
        ...

    def outer(self, path: str, levels: int) -> Side:
        """A path of a query around this one."""
        ...

    def opaque(self) -> Any:
        """The next SQLAlchemy expression."""
        ...

    def walked(self, shape: Walked) -> Side:
        """What a recursion says of a row."""
        ...

    def subquery(self, shape: Any, wanted: tuple[Field, ...]) -> Side:
        """A nested query, for ``in``."""
        ...

    def nested(self, shape: Any, *, exists: bool, type_: TypeEngine[Any] | None) -> Side:
        """A query that is asked for each row."""
        ...

    def condition(
        self, shape: Hashable, sides: Mapping[str, Side] = ..., names: Names | None = None
    ) -> Predicate:
        """A condition within an expression: what is related it joins, and never looks for apart.

        ``sides`` are annotations that are known in it alone, and ``names`` what names mean then.
        """
        ...

    @property
    def names(self) -> Names: ...


class Traits(NamedTuple):
    """What is known of an expression before it is built."""

    type: TypeEngine[Any] | None
    aggregate: bool = False
    window: bool = False
    why: str = ""
    """Why there is no type."""


Reader = Callable[[Names, Any], Clause]
_READERS: Final[dict[type[Any], Reader]] = {}
_TRAITS: Final[dict[type[Any], Callable[[Names, Any], Traits]]] = {}
_BUILDERS: Final[dict[type[Any], Callable[[Builder, Any], Side]]] = {}


def register_reader(*kinds: type[Any]) -> Callable[[Reader], Reader]:
    """Has expressions of these classes, and of their subclasses, read by a function."""

    def register(read: Reader) -> Reader:
        _READERS.update(dict.fromkeys(kinds, read))
        _reader_of.cache_clear()
        return read

    return register


def register_shape(
    kind: type[Any], traits: Callable[[Names, Any], Traits], build: Callable[[Builder, Any], Side]
) -> None:
    """Makes known what is known of shapes of a class, and how they are built."""
    _TRAITS[kind] = traits
    _BUILDERS[kind] = build


def is_expression(value: object) -> bool:
    """Whether a value is computed by the database."""
    return isinstance(value, (Expression, Q)) or is_sqlalchemy(value)


def is_computed(value: object) -> bool:
    """The same, querysets of one value included."""
    return is_expression(value) or is_queryset(value)


def is_sqlalchemy(value: object) -> TypeGuard[Any]:
    """Whether a value is an SQLAlchemy column expression, or stands for one."""
    return isinstance(value, (ColumnElement, QueryableAttribute)) or hasattr(value, "__clause_element__")


def is_condition(value: object, shape: Hashable) -> bool:
    """Whether an expression, or its shape, is a condition: ours, EXISTS, or one of SQLAlchemy's."""
    if isinstance(shape, (Truth, Looked)) or (isinstance(shape, Nested) and shape.exists):
        return True
    return isinstance(value, OperatorExpression) and isinstance(value.type, types.Boolean)


def is_json_null(value: object) -> bool:
    """Whether an expression is the null of JSON."""
    if type(value) is Value and value.value is None:
        return none_is_null(canonical(value.output_field))
    return isinstance(value, JSONNull)


def read_expression(names: Names, value: Any) -> Clause:
    """An expression, or a plain value within one, taken apart.

    Raises UnknownFieldError for a wrong name and UnsupportedOperationError for what cannot be computed.
    """
    return _reader_of(value.__class__)(names, value)


def read_argument(names: Names, value: Any) -> Clause:
    """The same of an argument of a function, where a text is a path.

    So is a member of an enum of texts, unless it is what a column of the model's registry holds.
    """
    if isinstance(value, str) and (type(value) is str or stored_enum(names.model, type(value)) is None):
        value = F(value)
    return _reader_of(value.__class__)(names, value)


@cached_by_class(1024)
def _reader_of(kind: type[Any]) -> Reader:
    if issubclass(kind, (ColumnElement, QueryableAttribute)) or hasattr(kind, "__clause_element__"):
        return _READERS[ColumnElement]
    return next(_READERS[each] for each in kind.__mro__ if each in _READERS)


def has_traits(shape: Hashable) -> bool:
    """Whether a shape is that of an expression."""
    return type(shape) in _TRAITS and (type(shape) is not str or shape in (OPAQUE, OPAQUE_AGGREGATE))


@cached(16384)
def traits_of(names: Names, shape: Hashable) -> Traits:
    """What is known of a shape. Raises what the expression itself makes impossible."""
    return _TRAITS[type(shape)](names, shape)


def build_expression(builder: Builder, shape: Hashable) -> Side:
    """What is said of a shape that ``read_expression`` made."""
    return _BUILDERS[type(shape)](builder, shape)


def together(clauses: Iterable[Clause]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The params of several clauses, and their SQLAlchemy expressions, in order."""
    params: tuple[Any, ...] = ()
    expressions: tuple[Any, ...] = ()
    for _, more, others in clauses:
        if more:
            params = (*params, *more) if params else more
        if others:
            expressions = (*expressions, *others)
    return params, expressions


_MOST: Final = 4096
_CANONICAL: Final[dict[Any, TypeEngine[Any]]] = {}


def canonical(type_: Any) -> TypeEngine[Any] | None:
    """The one object for all SQLAlchemy types that are alike, so that shapes with it are equal.

    Raises UnsupportedOperationError for what is no type.
    """
    if type_ is None:
        return None
    try:
        wanted: TypeEngine[Any] = to_instance(type_)
        key = wanted._static_cache_key
    except (TypeError, AttributeError):
        wanted, key = types.NULLTYPE, None
    if not isinstance(wanted, TypeEngine) or (wanted is types.NULLTYPE and type_ is not types.NULLTYPE):
        raise UnsupportedOperationError(
            f"output_field={type_!r} is no SQLAlchemy type, such as sqlalchemy.Integer()"
        )
    if is_bare(wanted):
        # As SQLAlchemy reads it, it has ten places.
        wanted = Reckoned()
        key = wanted._static_cache_key
    if not isinstance(key, tuple):
        return wanted
    if len(_CANONICAL) > _MOST:
        _CANONICAL.clear()
    variants = [(name, canonical(each)) for name, each in sorted(wanted._variant_mapping.items())]
    # Of an enum SQLAlchemy's key does not say what is in it, nor what the database calls it.
    own: tuple[Any, ...] = ()
    if isinstance(wanted, types.Enum):
        own = (wanted.name, wanted.native_enum, tuple(wanted.enums), wanted.enum_class)
    return _CANONICAL.setdefault((key, tuple(variants), own), wanted)


def is_bare(type_: Any) -> bool:
    """Whether a type is that of decimals, and says nothing more of them."""
    return type(type_) in (types.Numeric, types.NUMERIC) and type_.scale is None and type_.asdecimal
