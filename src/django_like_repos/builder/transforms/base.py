"""What a transform is: a function of one value, named in the middle of a path."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar, overload

from sqlalchemy import ColumnElement
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.types import TypeEngine, to_instance

from django_like_repos.builder.registry import TRANSFORMS, check_kind, scope_of

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

    def __init__(self, written: str, of: TypeEngine[Any], zone: str) -> None:
        """``written`` is the name as it stands in the path, ``of`` the value's type, ``zone`` the query's."""
        self.written = written
        self.of = of
        self.zone = zone
        self.type: TypeEngine[Any] = self.result or of

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """The function of ``value``."""
        raise NotImplementedError


SomeTransform = TypeVar("SomeTransform", bound=type[Transform])
Of = type[TypeEngine[Any]] | type[Transform] | QueryableAttribute[Any] | None
"""Where a lookup or transform is known: to a type, to what a transform gives, to one column, or to all."""


@overload
def register_transform(transform: SomeTransform, *, of: Of = None) -> SomeTransform: ...
@overload
def register_transform(
    transform: None = None, *, of: Of = None
) -> Callable[[SomeTransform], SomeTransform]: ...
def register_transform(transform: Any = None, *, of: Of = None) -> Any:
    """Makes a transform known under its names, where ``of`` says; as ``register_lookup()`` does."""
    if transform is None:
        return lambda transform: register_transform(transform, of=of)
    check_kind(transform, Transform)
    if transform.result is not None:
        transform.result = to_instance(transform.result)
    TRANSFORMS.add(scope_of(of, (TypeEngine, Transform)), (transform.name, *transform.also), transform)
    return transform
