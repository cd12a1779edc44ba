"""New model instances from names and values, with wrong names refused before SQLAlchemy sees them."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import JSON

from django_like_repos.caching import cached
from django_like_repos.errors import UnknownFieldError
from django_like_repos.language.kinds import is_expression, is_json_null
from django_like_repos.language.operands import Target
from django_like_repos.mapping.models import mapper_of, names_of
from django_like_repos.mapping.paths import SEPARATOR, lookup_path
from django_like_repos.query import names


def instance(model: type[Any], attributes: Mapping[str, Any]) -> Any:
    """A new instance. Raises UnknownFieldError for what its constructor cannot take."""
    taken = _taken(model)
    for name in attributes:
        if taken is not None and name not in taken:
            mapped = names_of(mapper_of(model))
            # What is mapped and cannot be given, as a dataclass's field with init=False, is no suggestion.
            raise UnknownFieldError(model.__name__, name, name, taken if name in mapped else mapped)
    # Of an attribute SQLAlchemy takes its own word for JSON's null.
    return model(**{name: JSON.NULL if is_json_null(each) else each for name, each in attributes.items()})


def attributes(model: type[Any], lookups: Mapping[str, Any]) -> dict[str, Any]:
    """What a new instance gets from the keywords that looked for it: the bare names, their values coerced."""
    found: dict[str, Any] = {}
    for name, value in lookups.items():
        path, _ = lookup_path(names(model), name)
        if SEPARATOR in name:
            continue
        own = path.shortest
        if path.hops and not path.relation:
            # An association proxy, which hands the value on itself.
            found[name] = value
        elif path.composite is not None:
            found[name] = path.composite.made_of(value)
        elif path.relation and (value is None or isinstance(value, path.mapper.class_) or own.hops):
            found[name] = value
        elif value is None:
            found.update(dict.fromkeys([field.key for field in own.fields]))
        else:
            coerced = Target(path, "exact", name).coerce(value)
            values = coerced if isinstance(coerced, tuple) and len(own.fields) > 1 else (coerced,)
            found.update(zip([field.key for field in own.fields], values, strict=True))
    return found


def resolved(model: type[Any], defaults: Mapping[str, Any] | None) -> dict[str, Any]:
    """Defaults with those that are callable called, and what columns get coerced."""
    found: dict[str, Any] = {}
    for name, default in (defaults or {}).items():
        value = default() if callable(default) and not is_expression(default) else default
        mapped = name in names_of(mapper_of(model)) and not is_expression(value)
        found.update(attributes(model, {name: value}) if mapped else {name: value})
    return found


def check_names(model: type[Any], names: Iterable[str]) -> None:
    """Raises UnknownFieldError where the model has no attribute of a name."""
    for name in names:
        if name not in _settable(model):
            raise UnknownFieldError(model.__name__, name, name, names_of(mapper_of(model)))


@cached(4096)
def _taken(model: type[Any]) -> frozenset[str] | None:
    """The keywords of a constructor; None if it takes any and judges for itself."""
    parameters = inspect.signature(model.__init__).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        # SQLAlchemy's constructor takes whatever the class has; another may take anything.
        constructor = mapper_of(model).class_manager.original_init
        declarative = constructor.__module__ == "sqlalchemy.orm.decl_base"
        # SQLModel's ignores what is none of its fields.
        return _settable(model) if declarative or hasattr(model, "model_fields") else None
    return frozenset(parameter.name for parameter in parameters)


@cached(4096)
def _settable(model: type[Any]) -> frozenset[str]:
    """What is mapped, and the properties of a class that can be set."""
    mapped = {*names_of(mapper_of(model)), *mapper_of(model).all_orm_descriptors.keys()}
    own = (name for base in model.__mro__ for name, member in vars(base).items() if _has_setter(member))
    return frozenset(mapped.union(own))


def _has_setter(member: object) -> bool:
    return isinstance(member, property) and member.fset is not None
