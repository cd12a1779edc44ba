"""What a transform is: a function of one value, named in the middle of a path."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar, overload

from sqlalchemy import ColumnElement
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.types import TypeEngine, to_instance

from django_like_repos.errors import QueryError
from django_like_repos.mapping.registry import TRANSFORMS, check_kind, scope_of
from django_like_repos.query import Func

ANY: Final = "*"
"""The name of a transform that takes every name which means nothing else."""


class Transform:
    """A function of a field's value (``django.db.models.Transform``): ``created__year``.

    A transform of one's own is a subclass with a name and ``sql()``; with a ``result`` where that is of
    another type than the value. There is an object for each place in a path where the name stands.
    """

    name: ClassVar[str]
    also: ClassVar[tuple[str, ...]] = ()
    """Other names for the same transform."""
    result: ClassVar[TypeEngine[Any] | None] = None
    lacks: ClassVar[bool | None] = True
    """Whether it may be NULL of a value that is not.

    None if so, and ``exclude()`` leaves it out all the same, as Django documents of paths into JSON.
    """

    def __init__(self, written: str, of: TypeEngine[Any], zone: str) -> None:
        """``written`` is the name as it stands in the path, ``of`` the value's type, ``zone`` the query's."""
        self.written = written
        self.of = of
        self.zone = zone
        self.type: TypeEngine[Any] = self.result or of

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """The function of ``value``."""
        raise NotImplementedError


SomeTransform = TypeVar("SomeTransform", bound=type[Transform] | type[Func])
Of = type[TypeEngine[Any]] | type[Transform] | QueryableAttribute[Any] | None
"""Where a lookup or transform is known: to a type, to what a transform gives, to one column, or to all."""

_MAKERS: Final[list[Callable[[type[Func]], type[Transform]]]] = []


def makes_transforms(
    maker: Callable[[type[Func]], type[Transform]],
) -> Callable[[type[Func]], type[Transform]]:
    """Has functions registered as what ``maker`` makes of them, which knows their SQL."""
    _MAKERS[:] = [maker]
    return maker


@overload
def register_transform(transform: SomeTransform, *, of: Of | type[Func] = None) -> SomeTransform: ...
@overload
def register_transform(
    transform: None = None, *, of: Of | type[Func] = None
) -> Callable[[SomeTransform], SomeTransform]: ...
def register_transform(transform: Any = None, *, of: Of | type[Func] = None) -> Any:
    """Makes a transform known under its names, where ``of`` says; as ``register_lookup()`` does.

    A function of one value, such as ``Lower``, is known under its ``lookup_name``. Raises QueryError for one
    that has none.
    """
    if transform is None:
        return lambda transform: register_transform(transform, of=of)
    made = as_transform(transform)
    check_kind(made, Transform)
    if made.result is not None:
        made.result = to_instance(made.result)
    TRANSFORMS.add(scope_of(as_transform(of), (TypeEngine, Transform)), (made.name, *made.also), made)
    return transform


def as_transform(given: Any) -> Any:
    """The transform that a function makes; anything else as it is. Raises QueryError for one of no name."""
    if not isinstance(given, type) or not issubclass(given, Func):
        return given
    if given.lookup_name is None:
        raise QueryError(f"{given.__name__} needs a lookup_name")
    return _MAKERS[0](given)
