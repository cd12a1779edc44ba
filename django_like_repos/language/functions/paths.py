"""Functions of one value as transforms, so that a path can name them: ``name__lower__startswith``."""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import ColumnElement, literal
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached_by_class
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.casting import typed
from django_like_repos.language.kinds import Traits, canonical
from django_like_repos.language.meanings import meaning_of
from django_like_repos.mapping.transform import Transform, makes_transforms
from django_like_repos.query import F, Func, Names
from django_like_repos.query.shapes import Call


class Function(Transform):
    """A function of floor 1 in a path."""

    function: type[Func]

    def __init__(self, written: str, of: TypeEngine[Any], zone: str) -> None:
        super().__init__(written, of, zone)
        # What it is a function of is given to ``sql()``; its other arguments are plain values.
        function = self.function(F(written))
        self._others = function.expressions[1:]
        self._meaning = meaning_of(self.function)
        arguments = [Traits(of), *[Traits(literal(other).type) for other in self._others]]
        options: Hashable = self._meaning.options(Names(object, zone), function, arguments)
        self._call = Call(self.function, options, (), canonical(function.output_field))
        traits = self._meaning.traits(self._call, arguments)
        if traits.type is None:
            raise UnsupportedOperationError(f"{self.function.__name__} in a path: {traits.why}")
        self.type = traits.type

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        others = [literal(other) for other in self._others]
        said: ColumnElement[Any] = typed(self._meaning.says(self._call, value, *others), self.type)
        return said


@makes_transforms
@cached_by_class(1024)
def transform_of(function: type[Func]) -> type[Transform]:
    """The one class of transforms for a class of functions."""
    names = {
        "function": function,
        "name": function.lookup_name,
        "__doc__": function.__doc__,
        "__module__": function.__module__,
    }
    return type(function.__name__, (Function,), names)
