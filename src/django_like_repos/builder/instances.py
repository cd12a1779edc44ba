"""New model instances from names and values, with wrong names refused before SQLAlchemy sees them."""

import inspect
from collections.abc import Mapping
from typing import Any

from django_like_repos.builder.caching import cached
from django_like_repos.builder.mapping import mapper_of, names_of
from django_like_repos.builder.paths import SEPARATOR
from django_like_repos.errors import UnknownFieldError


def instance(model: type[Any], attributes: Mapping[str, Any]) -> Any:
    """A new instance. Raises UnknownFieldError for what its constructor cannot take."""
    taken = _taken(model)
    for name in attributes:
        if taken is not None and name not in taken:
            raise UnknownFieldError(model.__name__, name, name, names_of(mapper_of(model)))
    return model(**attributes)


def attributes(
    model: type[Any], lookups: Mapping[str, Any], defaults: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What a new instance gets from ``get_or_create(defaults, **lookups)``: no lookup but a bare name."""
    own = {name: value for name, value in lookups.items() if SEPARATOR not in name}
    return {**own, **resolved(model, defaults)}


def resolved(model: type[Any], defaults: Mapping[str, Any] | None) -> dict[str, Any]:
    """Defaults with those that are callable called. Raises UnknownFieldError."""
    for name in defaults or ():
        if not hasattr(model, name):
            raise UnknownFieldError(model.__name__, name, name, names_of(mapper_of(model)))
    return {name: value() if callable(value) else value for name, value in (defaults or {}).items()}


@cached(4096)
def _taken(model: type[Any]) -> frozenset[str] | None:
    """The keywords of a constructor; None if it takes any and judges for itself."""
    parameters = inspect.signature(model.__init__).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        # SQLAlchemy's constructor takes whatever the class has; another may take anything.
        constructor = mapper_of(model).class_manager.original_init
        declarative = constructor.__module__ == "sqlalchemy.orm.decl_base"
        return frozenset(dir(model)) if declarative else None
    return frozenset(parameter.name for parameter in parameters)
