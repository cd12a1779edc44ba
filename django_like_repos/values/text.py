"""Text, the members of enums, and values of types that only their own bind processing knows."""

from decimal import Decimal
from enum import Enum as PythonEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import types

from django_like_repos.values.refusal import Coercion, Refused, Setting

_SHOWN: Final = 20
"""How many members of an enum a message names."""


def text(value: Any) -> Any:
    """A ``str``; what is no text but has one, such as a number, is written out."""
    if isinstance(value, str):
        # A member of a str enum would reach the driver as an enum.
        return checked(value if type(value) is str else str.__str__(value))
    if isinstance(value, (int, float, Decimal, UUID)):
        plain = value.value if isinstance(value, PythonEnum) else value
        try:
            return str(plain)
        except ValueError:
            raise Refused("text, or a shorter number") from None
    raise Refused("text")


def checked(value: str) -> str:
    """The same text. Raises Refused for what no database stores."""
    if "\0" in value:
        raise Refused("text without NUL characters")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused("text that UTF-8 can say, without lone surrogates") from None
    return value


def untouched(value: Any) -> Any:
    """Any value as it is, except for text that no database stores."""
    if value is None:
        raise Refused("a value")
    if isinstance(value, str):
        checked(value)
    return value


def enumerated(type_: types.Enum, _: Setting) -> Coercion:
    """One of some words; or a member of a Python enum, what is stored for it, its name, or its value."""
    if type_.enum_class is None:
        words = frozenset(type_.enums)
        one_of_words = f"one of {_listed(sorted(words))}"

        def coerce_word(value: Any) -> Any:
            if isinstance(value, str) and value in words:
                return str.__str__(value)
            raise Refused(one_of_words)

        return coerce_word

    enum_class: type[PythonEnum] = type_.enum_class
    members: dict[str, PythonEnum] = dict(enum_class.__members__)
    stored: dict[str, Any] = {
        word: member for word, member in type_._object_lookup.items() if word is not None
    }
    members.update(stored)
    one_of_members = f"one of {enum_class.__name__}: {_listed(list(enum_class.__members__))}"

    def coerce(value: Any) -> Any:
        if isinstance(value, enum_class):
            return value
        if isinstance(value, str) and value in members:
            return members[value]
        if isinstance(value, str) or not isinstance(value, PythonEnum):
            try:
                return enum_class(value)
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                # A ``_missing_`` of the enum's own may fail at a value in its own way.
                pass
        raise Refused(one_of_members)

    return coerce


def _listed(words: list[str]) -> str:
    return ", ".join(words if len(words) <= _SHOWN else [*words[:_SHOWN], "…"])
