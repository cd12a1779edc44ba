"""What a recursion says of a row, as an expression: how deep it lies, and its place before others."""

from typing import Any, Final

from sqlalchemy import types
from sqlalchemy.types import TypeEngine

from django_like_repos.language.kinds import Traits, register_shape
from django_like_repos.query.trees import DEPTH, PATH, Walked

TYPES: Final[dict[str, TypeEngine[Any]]] = {DEPTH: types.Integer(), PATH: types.Text()}

register_shape(
    Walked,
    lambda names, shape: Traits(TYPES[shape.column]),
    lambda builder, shape: builder.walked(shape),
)
