"""A type as its fields, whatever kind of type it is."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from django_like_repos.schemas.annotations import QUALIFIERS
from django_like_repos.schemas.path import Path
from django_like_repos.schemas.written import Written, written_by_python


class SchemaError(Exception):
    """A type whose fields cannot be known. Says why."""


class SchemaField(NamedTuple):
    """One field of a type."""

    name: str
    annotation: Any
    path: Path | None = None
    """What it stands for, where somebody said so."""
    aliases: tuple[tuple[str | int, ...], ...] = ()
    """Under which names its value is looked for, each a way through attributes, and places in a list.

    None means its own name.
    """
    required: bool = True
    """Whether it has no default."""
    argument: str = ""
    """What the maker of the type calls it."""
    place: int | None = None
    """Where the maker takes it, if it may be given without a name."""
    converted: bool = False
    """Whether code of its own makes something else of what it is given."""


class Schema(NamedTuple):
    """A type of which objects are made."""

    type: type[Any]
    kind: "Kind"
    fields: tuple[SchemaField, ...]
    opaque: bool = False
    """Whether Python code of its own reads what it is made of, and may read more than its fields say."""
    converts: bool = True
    """Whether its objects may hold something else than they are given."""


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of types."""

    name: str
    is_one: Callable[[Any], bool]
    read: Callable[[type[Any]], tuple[SchemaField, ...]]
    """Its fields. May raise SchemaError, NameError and TypeError."""
    way: str = "call"
    """How objects are made: ``call`` of the type, ``tuple``, ``dict``, or ``validated`` dicts."""
    is_opaque: Callable[[type[Any]], bool] = lambda _: False
    converts: Callable[[type[Any]], bool] = lambda _: True
    """Whether objects may hold something else than they are given: where not, that is looked at before."""
    written: Callable[[type[Any]], Written] = written_by_python
    """How objects are written as JSON. May raise ByPythonError."""


def hints_of(kind: type[Any]) -> Mapping[str, Any]:
    """The annotations of a class, read."""
    try:
        return get_type_hints(kind, include_extras=True)
    except NameError as error:
        raise SchemaError(
            f"its annotations cannot be read, {error}: names in quotes are looked up in its module"
        ) from error


def field_of(name: str, annotation: Any, **more: Any) -> SchemaField:
    """A field of an annotation, which may hold a ``Path``."""
    within = annotation
    while get_origin(within) in QUALIFIERS:
        (within,) = get_args(within)
    extras = get_args(within)[1:] if get_origin(within) is Annotated else ()
    return SchemaField(name, annotation, path_in(extras), **more)


def has_hook(*names: str) -> Callable[[type[Any]], bool]:
    """Whether a class has a method of one of these names, for code that is run as an object is made."""
    return lambda kind: any(hasattr(kind, name) for name in names)


def path_in(extras: Iterable[Any]) -> Path | None:
    """The ``Path`` among what an annotation holds; the last one counts."""
    found = [each for each in extras if isinstance(each, Path)]
    return found[-1] if found else None


class _Argument(NamedTuple):
    """What a class takes to make an object."""

    required: bool
    place: int | None


def _arguments_of(kind: type[Any]) -> dict[str, _Argument]:
    try:
        parameters = signature(kind).parameters.values()
    except (TypeError, ValueError) as error:
        raise SchemaError(f"nobody knows how to make one: {error}") from error
    named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return {
        each.name: _Argument(each.default is Parameter.empty, place if each.kind is named[0] else None)
        for place, each in enumerate(parameters)
        if each.kind in named
    }


def called_fields(
    kind: type[Any], arguments: Mapping[str, str], converted: Collection[str] = ()
) -> tuple[SchemaField, ...]:
    """The fields of a class that is called to make an object: names of fields, and of their arguments."""
    hints, taken = hints_of(kind), _arguments_of(kind)
    missing = [name for name, each in taken.items() if each.required and name not in arguments.values()]
    if missing:
        raise SchemaError(f"it takes {missing[0]!r}, which is no field")
    refused = [name for name, argument in arguments.items() if argument not in taken]
    if refused:
        raise SchemaError(f"its {refused[0]!r} is nothing that its constructor takes by name")
    return tuple(
        [
            field_of(
                name,
                hints.get(name, Any),
                argument=argument,
                converted=name in converted,
                **taken[argument]._asdict(),
            )
            for name, argument in arguments.items()
        ]
    )
