"""Values that are stored: the one door of ``create()`` and its kin, and of ``update()``."""

from collections.abc import Callable, Mapping, Sequence
from datetime import MAXYEAR, UTC, datetime
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Enum, Uuid
from sqlalchemy.ext.mutable import MutableBase
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached
from django_like_repos.errors import InvalidLookupValueError, UnknownFieldError
from django_like_repos.language.kinds import is_computed
from django_like_repos.language.operands import Target, beyond
from django_like_repos.mapping.inheritance import identities_of
from django_like_repos.mapping.models import columns_of, mapper_of
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import Names
from django_like_repos.values import all_plain, bits_of, plain_check, read_back, shown, unheld

Computed = Callable[[int, Any], Any]
"""What is made of an expression for a column of that number."""


def as_it_is(_: int, expression: Any) -> Any:
    """An expression that somebody else makes SQL of."""
    return expression


def stored(target: Target, value: Any, computed: Computed = as_it_is) -> tuple[Any, ...]:
    """What the columns of a path get for a value, as a read gives it: one for each.

    Raises InvalidLookupValueError.
    """
    width = len(target.types)
    if value is None:
        return (None,) * width
    parts = (value,) if width == 1 or is_computed(value) else target.parts(value)
    return tuple([_stored(target, number, part, computed) for number, part in enumerate(parts)])


def read_in(names: Names, verb: str, model: Any) -> None:
    """Gives the columns of a new or changed object what ``stored()`` makes of its values.

    That is for what has come there by a constructor, a validator or a setter of the mapping.
    """
    state: Any = instance_state(model)
    changed = state.committed_state if state.identity is not None else state.dict
    columns = _columns(names, verb)
    kind = identities_of(state.mapper) if state.identity is None else None
    for key in [*changed]:
        column = columns.get(key)
        if column is None or key not in state.dict:
            continue
        given = state.dict[key]
        if column.is_plain(given):
            continue
        (found,) = stored(column.target, given)
        if found is given:
            continue
        if not isinstance(given, MutableBase):
            # Past the events of the attribute, which the value has seen already.
            state.dict[key] = found
        elif found != given:
            setattr(model, key, found)
    if kind is not None and kind[0] in state.dict:
        check_class(state.mapper, verb, kind[0], state.dict[kind[0]])


def check_class(mapper: Mapper[Any], verb: str, key: str, value: Any) -> None:
    """Raises InvalidLookupValueError where an attribute says of a new row that it is of another class."""
    found = identities_of(mapper)
    if found is None or found[0] != key or value in found[1] or is_computed(value):
        return
    model, other = mapper.class_.__name__, mapper.polymorphic_map.get(value)
    way = "" if other is None else f": {verb}() of {other.class_.__name__} makes one"
    own = " or ".join(sorted(map(repr, found[1])))
    raise InvalidLookupValueError(
        f"{model}: {verb}({key}={shown(value)}): that is no {model}, which has {own} there{way}"
    )


def fit(names: Names, verb: str, values: Mapping[str, Any]) -> bool:
    """Whether all values are the usual ones of columns, with which nothing has to be done."""
    columns = _columns(names, verb)
    for name, value in values.items():
        column = columns.get(name)
        if column is None or not column.is_plain(value):
            return False
    return True


def column_of(names: Names, verb: str, key: str) -> Target | None:
    """What the column of an attribute takes; None where its name reads as a path."""
    found = _columns(names, verb).get(key)
    return None if found is None else found.target


class _Column(NamedTuple):
    target: Target
    is_plain: Callable[[Any], bool]


@cached(4096)
def _columns(names: Names, verb: str) -> dict[str, _Column]:
    """What the columns of a model take, by the names of their attributes."""
    columns: dict[str, _Column] = {}
    for field in columns_of(mapper_of(names.model)):
        try:
            path = field_path(names, field.key)
        except UnknownFieldError:
            # An attribute whose name reads as a path.
            continue
        if field.column is not None:
            columns[field.key] = _Column(Target(path, verb, field.key), plain_of(field.type))
    return columns


def plain_of(type_: TypeEngine[Any]) -> Callable[[Any], bool]:
    """What tells values that a column of a type stores as they are, None among them."""
    check, bits = _own_check(type_) or plain_check(type_), bits_of(type_)
    if bits is None:
        return lambda value: value is None or check(value)
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1)
    return lambda value: value is None or (check(value) and low <= value < high)


def are_plain(type_: TypeEngine[Any], values: Sequence[Any]) -> bool:
    """Whether a column of a type stores all of many values as they are."""
    own, bits = _own_check(type_), bits_of(type_) or 64
    if own is not None and isinstance(type_, DateTime):
        return _are_usual_moments(bool(type_.timezone), values) or all(map(plain_of(type_), values))
    if own is not None:
        usual = UUID if isinstance(type_, Uuid) else getattr(type_, "enum_class", None)
        return {*map(type, values)} <= {usual, type(None)}
    return all_plain(plain_check(type_), values, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _are_usual_moments(aware: bool, values: Sequence[Any]) -> bool:
    """Whether moments are all in UTC, or all without a zone, as their column has them."""
    if {*map(type, values)} != {datetime}:
        return False
    usual = {*map(_ZONE, values)} == ({UTC} if aware else {None})
    return usual and min(values).year > 1 and max(values).year < MAXYEAR


_ZONE: Final = attrgetter("tzinfo")


def _own_check(type_: TypeEngine[Any]) -> Callable[[Any], bool] | None:
    """What tells values that are stored as they are, of types whose values are compared as something else."""
    if type_._variant_mapping:
        return None
    if isinstance(type_, Uuid):
        return (lambda value: value.__class__ is UUID) if type_.as_uuid else None
    if isinstance(type_, Enum):
        members = type_.enum_class
        return None if members is None else lambda value: value.__class__ is members
    if isinstance(type_, DateTime):
        aware = bool(type_.timezone)
        return lambda value: (
            value.__class__ is datetime
            and 1 < value.year < MAXYEAR
            and (value.utcoffset() is not None) is aware
        )
    return None


def _stored(target: Target, number: int, value: Any, computed: Computed) -> Any:
    if value is None:
        return value
    if is_computed(value):
        return computed(number, value)
    found = target.coerce(value) if len(target.types) == 1 else target.coerce_part(number, value)
    type_ = target.types[number]
    # SQLite would store what others refuse.
    wrong = "beyond the integers of 64 bits" if beyond(found) else unheld(type_, found)
    if wrong:
        raise InvalidLookupValueError(
            f"{target.path.model.__name__}: {target.lookup}({target.written}={shown(value)}): {wrong}"
        )
    return read_back(type_, found)
