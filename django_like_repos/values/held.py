"""What a column holds of the values that its type takes: of the rest, databases keep or cut some."""

from typing import Any

from sqlalchemy import types
from sqlalchemy.dialects.postgresql import BIT, DOMAIN
from sqlalchemy.types import TypeEngine

from django_like_repos.values.decorated import bound_by
from django_like_repos.values.numbers import bits_of


def unheld(type_: TypeEngine[Any], value: Any) -> str:
    """Why a column of a type does not hold a value; ``""`` where it does, or only the database knows."""
    if isinstance(type_, types.TypeDecorator):
        impl = type_.impl_instance
        # To bind a value may cost much, as a hash does.
        limited = isinstance(impl, (types.Integer, types.ARRAY, types.TypeDecorator))
        return unheld(impl, bound_by(type_, value)) if limited else ""
    if isinstance(type_, DOMAIN):
        return unheld(type_.data_type, value)
    if isinstance(type_, types.ARRAY):
        return _unheld_in(type_, value, type_.dimensions or 1) if isinstance(value, list) else ""
    if isinstance(type_, BIT) and isinstance(value, str):
        # PostgreSQL would cut what is longer, and fill up what is shorter.
        length = type_.length or (len(value) if type_.varying else 1)
        fits = len(value) == length or (type_.varying and len(value) < length)
        return "" if fits else f"not the {length} bits of the column"
    bits = bits_of(type_) if isinstance(value, int) else None
    held = bits is None or -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)
    return "" if held else f"beyond the integers of {bits} bits"


def _unheld_in(type_: types.ARRAY[Any], values: list[Any], deep: int) -> str:
    item: Any = type_.item_type
    # PostgreSQL would cut what is longer, having been told the type of the elements.
    longest = item.length if isinstance(item, types.String) and not isinstance(item, types.Enum) else None
    for each in values:
        if isinstance(each, list):
            if wrong := _unheld_in(type_, each, deep - 1):
                return wrong
        elif each is not None and deep > 1:
            return f"no list of lists, {type_.dimensions} deep"
        elif longest and isinstance(each, str) and len(each) > longest:
            return f"beyond texts of {longest} characters"
    return ""
