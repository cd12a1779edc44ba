"""SQL expressions made to be of a type."""

from typing import Any, Final

from sqlalchemy import BindParameter, Null, type_coerce
from sqlalchemy import cast as cast_of
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.enums import kept_in_enum
from django_like_repos.language.inference import DECIMAL, DOUBLE, family, is_null


def typed(value: Any, type_: TypeEngine[Any] | None) -> Any:
    """An SQL expression known to be of a type."""
    if type_ is None or value.type is type_ or is_null(type_):
        return value
    if isinstance(value, BindParameter):
        return cast_of(value, type_)
    return type_coerce(value, type_)


_GENERIC: Final[dict[str, TypeEngine[Any]]] = {"float": DOUBLE, "decimal": DECIMAL}


_OTHERS: Final = frozenset(("integer", "decimal", "float", "nulltype"))


def as_type(value: Any, type_: TypeEngine[Any] | None) -> Any:
    """A value of the type that the user gave it."""
    if isinstance(value, Null) and type_ is not None:
        return cast_of(value, type_)
    value = kept_in_enum(value, type_)
    # What is not of the type it is given is read as what it is, on one database or the other.
    wanted, given = family(type_), family(value.type)
    if wanted in _GENERIC and given in _OTHERS - {wanted}:
        # Without length or precision, which would change the value.
        return typed(cast_of(value, _GENERIC[wanted]), type_)
    return typed(value, type_)
