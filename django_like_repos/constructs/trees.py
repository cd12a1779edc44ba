"""Paths of rows in a tree, as texts that are in the order of the tree."""

from typing import Any

from sqlalchemy import ColumnElement, Text, cast, collate, func


def place_in_path(place: ColumnElement[int], *, sqlite: bool) -> ColumnElement[Any]:
    """A number as a part of a path: numbers of fewer digits come first, and all begin with a letter.

    Of two paths that one is the beginning of comes first, and no part is the beginning of another.
    """
    digits = cast(place, Text())
    letter = (func.char if sqlite else func.chr)(96 + func.length(digits))
    said: ColumnElement[Any] = cast(letter, Text()) + digits
    return said if sqlite else collate(said, "C")
