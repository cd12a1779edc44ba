"""How the body of a ``FilterSet`` becomes a pydantic model: the metaclass, and what it reads."""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, get_origin, get_type_hints

from pydantic import BaseModel, Field, PydanticUserError
from pydantic_core import PydanticUndefined

from django_like_repos.contrib.filters.declarations import Declaration
from django_like_repos.contrib.filters.declared import Declared, Parameter, Written
from django_like_repos.contrib.filters.doors import DOOR, Door, Injectable
from django_like_repos.contrib.filters.ground import Bounds
from django_like_repos.contrib.filters.leftovers import (
    SETTINGS,
    check_plain,
    check_validators,
    check_values,
    is_removal,
    removed_by,
    said_by,
    without,
)
from django_like_repos.contrib.filters.methods import Bound, Called
from django_like_repos.contrib.filters.nesting import Nested
from django_like_repos.contrib.filters.reading import (
    Settings,
    check_settings,
    declared,
    is_declared,
    read_attribute,
    read_fields,
    read_nested,
)
from django_like_repos.errors import QueryError, UnsupportedOperationError
from django_like_repos.mapping.models import mapper_of

MODEL: Final = "__filtered__"
"""Where the class in ``FilterSet[Track]`` stands in the namespace that is made of it."""

if TYPE_CHECKING:
    _Meta = type
else:
    _Meta = type(BaseModel)


class Declaring(_Meta):
    """Makes fields of pydantic's of what the body of a ``FilterSet`` declares."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> Any:
        own = [base for base in bases if isinstance(base, Declaring)]
        model = namespace.get(MODEL) or next((found for found in map(_model_of, own) if found), None)
        if model is None:
            if own and _declares(namespace):
                raise QueryError(f"{name} has no model: write class {name}(FilterSet[Track])")
            return super().__new__(mcs, name, bases, namespace, **kwargs)
        mapper_of(model)
        try:
            _check_models(name, model, own)
            check_plain(_plain(bases, own))
            written = _written(name, model, own, namespace, sys._getframe(1).f_locals)
            made = declared(model, written, _settings(name, own, namespace), _taken(own))
        except QueryError as error:
            error.add_note(f"in {name}")
            raise
        _fill(namespace, made)
        namespace["__declared__"] = made
        config: Any = {"extra": "ignore" if _setting(own, namespace, "undeclared") == "ignore" else "forbid"}
        namespace["model_config"] = {**namespace.get("model_config", {}), **config}
        try:
            cls: Any = super().__new__(mcs, name, bases, namespace, **kwargs)
        except PydanticUserError as error:
            raise UnsupportedOperationError(f"{name}: {said_by(error, namespace)}") from error
        cls.__signature__ = Injectable("signature_of", vars(cls).get("__signature__"))
        for each in made.parameters.values():
            if isinstance(each.source, Called):
                # Once it is a class, so that pydantic takes it for no default.
                setattr(cls, each.attribute, Bound(each.source.method))
        return cls

    if not TYPE_CHECKING:
        # Checkers would take what it says for the type of every instance.
        def __call__(cls, /, *args: Any, **parameters: Any) -> Any:
            door = parameters.pop(DOOR, None) if isinstance(parameters.get(DOOR), Door) else None
            return super().__call__(*args, **parameters) if door is None else door.opened(cls, parameters)


def _model_of(base: type[Any]) -> type[Any] | None:
    found = getattr(base, "__declared__", None)
    return found.model if isinstance(found, Declared) else None


def _declares(namespace: Mapping[str, Any]) -> bool:
    """Whether a body has parameters."""
    attributes = [
        name
        for name, annotation in _evaluated(namespace, {}).items()
        if not _is_own(name) and read_attribute(name, annotation, PydanticUndefined) is not None
    ]
    declared = [each for each in namespace.values() if isinstance(each, (Declaration, Nested))]
    return bool(namespace.get("fields") or attributes or declared)


def _is_own(name: str) -> bool:
    """Whether an attribute is none of a parameter."""
    return name in SETTINGS or name.startswith("_") or name == "model_config"


def _written(
    owner: str, model: type[Any], bases: list[Any], namespace: dict[str, Any], around: Mapping[str, Any]
) -> dict[str, Written]:
    """The parameters of the bases and those of a body, each name once."""
    inherited: dict[str, Written] = {}
    for base in reversed(bases):
        if _model_of(base) is not None:
            inherited |= base.__declared__.written
    own: dict[str, Written] = {}
    for name, each in _own(model, namespace, around):
        if name in own:
            raise UnsupportedOperationError(f"{name!r} is declared twice")
        own[name] = each
    removed = removed_by(owner, namespace, inherited, own)
    gone = removed - own.keys()
    for setting in ("required", "defaults", "groups") if gone else ():
        if setting not in namespace:
            namespace[setting] = without(gone, setting, _setting(bases, namespace, setting))
    check_values(owner, namespace, {**inherited, **own})
    annotations = namespace.setdefault("__annotations__", {})
    for name, value in list(namespace.items()):
        if value is None and is_removal(name, namespace):
            del namespace[name]
    # What pydantic would inherit all the same.
    annotations |= dict.fromkeys(gone, ClassVar[None])
    return {**{name: each for name, each in inherited.items() if name not in removed}, **own}


def _own(
    model: type[Any], namespace: dict[str, Any], around: Mapping[str, Any]
) -> Iterator[tuple[str, Written]]:
    yield from read_fields(namespace.get("fields", {}))
    annotations = _evaluated(namespace, around)
    for name, annotation in annotations.items():
        value = namespace.get(name, PydanticUndefined)
        unset = name in SETTINGS and value is PydanticUndefined and get_origin(annotation) is not ClassVar
        if _is_own(name) and not unset and not is_declared(annotation, value):
            continue
        read = read_attribute(name, annotation, value)
        if read is not None:
            yield name, read
    for name, value in namespace.items():
        if isinstance(value, Nested):
            check_nested(value.filterset)
            yield from read_nested(model, name, value)
        elif isinstance(value, Declaration) and name not in annotations:
            yield name, Written(value, default=value.default)


def _evaluated(namespace: Mapping[str, Any], around: Mapping[str, Any]) -> dict[str, Any]:
    written = namespace.get("__annotations__", {})
    if not any(isinstance(each, str) for each in written.values()):
        return dict(written)
    bare = type("bare", (), {"__annotations__": written, "__module__": namespace.get("__module__")})
    return get_type_hints(bare, localns=dict(around), include_extras=True)


def _setting(bases: list[Any], namespace: Mapping[str, Any], name: str) -> Any:
    if name in namespace:
        return namespace[name]
    return next(getattr(base, name) for base in bases)


def _check_models(owner: str, model: type[Any], own: list[Any]) -> None:
    """Raises UnsupportedOperationError for bases whose names would mean something else here."""
    for base in own:
        other = _model_of(base)
        if other is not None and not issubclass(model, other) and not issubclass(other, model):
            raise UnsupportedOperationError(
                f"{owner} is of {model.__name__}, and {base.__name__} of {other.__name__}: nest it, "
                f"name = Nested({base.__name__})"
            )


def _plain(bases: tuple[type, ...], own: list[Any]) -> list[type]:
    """The classes that a class is derived from and that have nothing to do with a ``FilterSet``."""
    known = _root(own[-1]).__mro__
    every = dict.fromkeys(each for base in bases for each in base.__mro__)
    return [each for each in every if each not in known and not isinstance(each, Declaring)]


def _root(filterset: Any) -> Any:
    """``FilterSet`` itself, of which every other one is."""
    return next(each for each in reversed(filterset.__mro__) if isinstance(each, Declaring))


def check_nested(filterset: Any) -> None:
    """Raises UnsupportedOperationError for a class that does more than its parameters say."""
    root, called = _root(filterset), filterset.__name__
    if filterset.apply is not root.apply:
        raise UnsupportedOperationError(
            f"{called}.apply() would not be asked where {called} is nested: nest a FilterSet without it, and "
            "have the apply() of this one filter the related rows"
        )
    check_validators(filterset, root, f"where {called} is nested")


def _settings(owner: str, bases: list[Any], namespace: Mapping[str, Any]) -> Settings:
    read = [
        _setting(bases, namespace, name)
        for name in ("most_values", "longest_text", "most_words", "most_conditions", "deepest_conditions")
    ]
    required, defaults, groups = (
        _setting(bases, namespace, name) for name in ("required", "defaults", "groups")
    )
    bounds = Bounds(*read)
    check_settings(bounds, _setting(bases, namespace, "undeclared"))
    return Settings(owner, bounds, required, defaults, groups)


def _taken(bases: list[Any]) -> frozenset[str]:
    """The names that every ``FilterSet`` has."""
    root = next(each for base in bases for each in base.__mro__ if _model_of(each) is None)
    return frozenset((*dir(root), DOOR))


def _fill(namespace: dict[str, Any], made: Declared) -> None:
    """Puts a field of pydantic's into a namespace for each parameter, in place of what was written."""
    written = namespace.get("__annotations__", {})
    # An annotated setting is no field either.
    annotations = {
        name: each for name, each in written.items() if name not in made.parameters and name not in SETTINGS
    }
    namespace["__annotations__"] = annotations
    for name, value in list(namespace.items()):
        if isinstance(value, (Declaration, Nested)):
            del namespace[name]
    for parameter in made.parameters.values():
        annotation = parameter.source.annotation
        annotations[parameter.attribute] = annotation if parameter.required else annotation | None
        namespace[parameter.attribute] = _field(parameter)


def _field(parameter: Parameter) -> Any:
    said: dict[str, Any] = {
        "description": parameter.description,
        "examples": [*parameter.examples] or None,
        **parameter.said,
    }
    if parameter.name != parameter.attribute:
        said["alias"] = parameter.name
    return Field(**said) if parameter.required else Field(parameter.default, **said)
