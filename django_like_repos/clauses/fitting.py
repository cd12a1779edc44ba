"""What a field of a type can hold: None or not, one or several, of which types; the rest is refused."""

from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, NoReturn, get_args, get_origin
from uuid import UUID

from sqlalchemy import types
from sqlalchemy.orm import Mapper

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Hop, mapper_of
from django_like_repos.mapping.paths import Path
from django_like_repos.query import Names
from django_like_repos.schemas import Schema, SchemaError, Wanted, schema_of

CALL: Final = "into"

OF_KEYS: Final = (int, str, bytes, float, Decimal, date, time, UUID, Enum, tuple)
"""The types of keys."""

HASHING: Final = (set, frozenset)
"""What takes only what is hashable."""


class Missing(Exception):
    """There is no counterpart of a name. Says why."""


class Place(NamedTuple):
    """A model of whose row something is read."""

    names: Names
    prefix: str = ""
    """What leads to it from the query's model."""

    @property
    def mapper(self) -> Mapper[Any]:
        return mapper_of(self.names.model)

    @property
    def root(self) -> bool:
        return not self.prefix


class Field(NamedTuple):
    """A field that is being read."""

    told: str
    takes: Wanted
    place: Place
    validated: bool
    """Whether what it is of is validated with all that is in it."""
    converts: bool
    """Whether what it is of makes something else of what it is given."""
    coded: bool = True
    """Whether it is somebody's code that does."""

    def refuse(self, why: str) -> NoReturn:
        raise UnsupportedOperationError(f"{CALL}(): {self.told} {why}")


def check_none(field: Field, path: Path) -> None:
    """Raises UnsupportedOperationError where there may be NULL, and no None is taken."""
    if field.takes.none or path.annotation is not None:
        return
    why = _null(path)
    if why:
        field.refuse(f"does not take None, and {why}")


def _null(path: Path) -> str:
    """Why there may be NULL, if there may; of what is computed nobody knows."""
    short = path.shortest
    missing = next((hop for hop in (path if path.relation else short).hops if hop.nullable), None)
    if missing is not None:
        return f"there may be no {missing!r}"
    known = [each for each in short.fields if each.column is not None]
    if known and len(known) == len(short.fields) and all(each.nullable for each in known):
        return f"{path} may be NULL"
    return ""


def check_several(field: Field, hop: Hop, end: Path | None, *, partial: bool) -> None:
    """Raises UnsupportedOperationError where a field cannot hold what a relation leads to.

    ``end`` is what is read of each row, if not the row; ``partial``, whether rows may have been left out.
    """
    relation, takes = hop.relation, field.takes
    assert relation is not None
    if takes.collect is None and relation.uselist:
        field.refuse(f"takes one value, and {hop!r} may be several rows: a list takes them")
    if takes.collect is not None and not relation.uselist:
        field.refuse(f"takes several, and {hop!r} is one row")
    if takes.collect is None and not takes.none:
        if hop.to_many or hop.nullable:
            field.refuse(f"does not take None, and there may be no {hop!r}")
        if partial:
            field.refuse(f"does not take None, and the Prefetch of {hop!r} may leave it out")
    each_none = takes.none if takes.collect is None else takes.each_none
    why = _null(end) if end is not None and not each_none else ""
    if why:
        field.refuse(f"takes no None{'' if takes.collect is None else ' among its values'}, and {why}")


def check_type(field: Field, path: Path, *, each: bool = False) -> None:
    """Raises UnsupportedOperationError where what a path gives can be nothing that a field takes.

    ``each``: of every related row. What nobody knows may be anything.
    """
    takes, given = field.takes, _given(path)
    if path.composite is not None and field.validated and not field.coded:
        _check_composite(field, path)
    if given is None or field.converts or takes.anything or not takes.types:
        return
    # A composite may be made by what makes more of it.
    narrower = path.composite is not None
    if takes.collect is not None and not each:
        inner = [wanted for wanted in takes.types if schema_of_values(wanted)]
        fitting = given in (dict, list) and not inner and takes.collect not in (set, frozenset)
    else:
        fitting = any(fits(given, wanted, narrower=narrower) for wanted in takes.types)
    if not fitting:
        taken = " | ".join(map(_named, takes.types))
        said = taken if takes.collect is None else f"{getattr(takes.collect, '__name__', '')}[{taken}]"
        field.refuse(f"is of {said}, and {path} is {given.__name__}, which is not made into it")


def _check_composite(field: Field, path: Path) -> None:
    """Raises UnsupportedOperationError where pydantic would make a composite into what is no model."""
    given, wanted = _given(path), field.takes.types
    schemas = [_schema(each) for each in wanted if not hasattr(each, "__get_pydantic_core_schema__")]
    others = [each for each in schemas if each is not None and each.kind.way != "validated"]
    if (
        given is not None
        and len(others) == len(wanted)
        and not any(fits(given, each, narrower=True) for each in wanted)
    ):
        names = " | ".join([each.type.__name__ for each in others])
        field.refuse(f"is of {names}, and {path} is {given.__name__}, which is not made into it")


def schema_of_values(kind: Any) -> bool:
    """Whether objects of a type have fields, and are no dicts."""
    schema = _schema(get_origin(kind) or kind)
    return schema is not None and schema.kind.way != "dict"


def _schema(kind: Any) -> Schema | None:
    try:
        return schema_of(kind)
    except SchemaError:
        # Who makes something of it says what is wrong.
        return None


def _given(path: Path) -> type[Any] | None:
    """Of which type a value in Python is; a dict for any of JSON. None where nobody knows."""
    if path.transforms or path.annotation is not None:
        return None
    if path.composite is not None:
        kind: Any = path.composite.prop.composite_class
        return kind if isinstance(kind, type) else None
    if len(path.fields) > 1:
        return tuple
    if not path.fields or path.fields[0].column is None:
        return None
    return python_type(path.fields[0].type)


def python_type(type_: types.TypeEngine[Any]) -> type[Any] | None:
    """Of which type the values of a column are; a dict for any of JSON. None where nobody knows."""
    decorated = isinstance(type_, types.TypeDecorator) and not isinstance(type_, types.Interval)
    if decorated or not type(type_).__module__.startswith("sqlalchemy."):
        return None
    if isinstance(type_, types.JSON):
        return dict
    try:
        return type_.python_type
    except NotImplementedError:
        return None


def fits(given: type[Any], wanted: Any, *, narrower: bool = False) -> bool:
    """Whether values of a type are what is wanted; ``narrower``, whether some of them being so is enough."""
    kind = get_origin(wanted) or wanted
    if given is dict:
        return not schema_of_values(kind)
    if kind is Literal:
        return any(
            fits(given, type(each), narrower=narrower) for each in get_args(wanted) if each is not None
        )
    if not isinstance(kind, type) or kind is Any:
        return True
    try:
        if issubclass(given, kind) or (given is int and kind in (float, complex)):
            return True
        return narrower and issubclass(kind, given)
    except TypeError:
        # Of a protocol, or a TypedDict.
        return given not in _PLAIN or getattr(kind, "_is_protocol", False)


_PLAIN: Final = (str, int, bool, float, bytes, Decimal)


def _named(kind: Any) -> str:
    said = repr(kind).removeprefix("typing.")
    return said if get_origin(kind) is Literal else str(getattr(kind, "__name__", said))
