"""The body of a ``FilterSet``, read when the class is made: its parameters, and its mistakes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Union, get_args, get_origin

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from django_like_repos.contrib.filters.declarations import Condition, Declaration
from django_like_repos.contrib.filters.declared import Declared, Parameter, Written
from django_like_repos.contrib.filters.ground import PLAIN, Bounds, Ground
from django_like_repos.contrib.filters.lookups import Lookup
from django_like_repos.contrib.filters.nesting import Nested
from django_like_repos.errors import QueryError, UnknownFieldError, UnsupportedOperationError
from django_like_repos.mapping.paths import SEPARATOR

TOLD: Final = ("title", "deprecated", "json_schema_extra")
"""What ``Field()`` says for OpenAPI alone."""
HONOURED: Final = ("alias", "description", "examples", *TOLD)
"""What ``Field()`` says of a parameter, beside its default and the bounds of its value."""


class Settings(NamedTuple):
    """What a class says of all its parameters."""

    owner: str
    """Its name."""
    bounds: Bounds
    required: Iterable[str]
    defaults: Mapping[str, Any]
    groups: Iterable[Iterable[str]]


def read_fields(fields: Any) -> Iterator[tuple[str, Written]]:
    """The parameters of ``fields = {"price": ["gte", "lte"]}``, by attribute."""
    if not isinstance(fields, Mapping):
        raise UnsupportedOperationError(f"fields is a dict of lookups by path, not {fields!r}")
    for path, lookups in fields.items():
        if isinstance(lookups, str) or not isinstance(lookups, Iterable):
            raise UnsupportedOperationError(f"fields[{path!r}] is a list of lookups, not {lookups!r}")
        if not lookups:
            raise UnsupportedOperationError(f"fields[{path!r}] names no lookup: ['exact'], or leave it out")
        for lookup in lookups:
            name = path if lookup == PLAIN else f"{path}{SEPARATOR}{lookup}"
            yield name, Written(Lookup(f"{path}{SEPARATOR}{lookup}"))


def read_attribute(name: str, annotation: Any, value: Any) -> Written | None:
    """The parameter of ``min_price: Annotated[Decimal, Lookup("price__gte")] = 0``; None if it is none."""
    if get_origin(annotation) is ClassVar or annotation is ClassVar:
        return None
    base, metadata = _apart(annotation)
    declarations = [each for each in (*metadata, value) if isinstance(each, Declaration)]
    if len(declarations) > 1:
        raise UnsupportedOperationError(f"{name} is declared twice: {declarations!r}")
    infos = [each for each in (*metadata, value) if isinstance(each, FieldInfo)]
    rest = [
        part
        for each in metadata
        if not isinstance(each, Declaration)
        for part in (each.metadata if isinstance(each, FieldInfo) else [each])
    ]
    if isinstance(value, FieldInfo):
        rest += value.metadata
    for info in infos:
        _check_info(name, info)
    base = Annotated[(base, *rest)] if rest else base
    declaration = declarations[0] if declarations else Lookup(name)
    return Written(declaration, base, _default(infos, value), info=_merged(infos))


def is_declared(annotation: Any, value: Any) -> bool:
    """Whether an attribute is said to be a parameter, whatever its name."""
    _, metadata = _apart(annotation)
    return any(isinstance(each, (Declaration, FieldInfo)) for each in (*metadata, value))


def _default(infos: list[FieldInfo], value: Any) -> Any:
    """What is written as the default: as a value, or else by the last ``Field()`` that says one."""
    said = [each.default for each in infos]
    if not isinstance(value, (FieldInfo, Declaration)):
        said.append(value)
    return next((each for each in reversed(said) if each is not PydanticUndefined), None)


def _merged(infos: list[FieldInfo]) -> Mapping[str, Any]:
    """What several ``Field()``s say, of which the last one counts."""
    return {
        name: getattr(each, name) for each in infos for name in HONOURED if getattr(each, name) is not None
    }


def _check_info(name: str, info: FieldInfo) -> None:
    """Raises UnsupportedOperationError for what ``Field()`` says and no parameter does."""
    if info.default_factory is not None:
        raise UnsupportedOperationError(f"{name}: a parameter's default is one value, and no default_factory")
    if info.validation_alias not in (None, info.alias):
        raise UnsupportedOperationError(f"{name}: what clients send is called by Field(alias=…)")


def _apart(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type and what is said of it; that None is taken too goes without saying."""
    metadata: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        annotation, *said = get_args(annotation)
        metadata = tuple(said)
    if get_origin(annotation) in (Union, UnionType):
        kinds = [each for each in get_args(annotation) if each is not NoneType]
        if len(kinds) == 1:
            inner, more = _apart(kinds[0])
            return inner, (*more, *metadata)
        annotation = Union[tuple(kinds)]  # noqa: UP007 - of as many as there are
    return annotation, metadata


def read_nested(model: type[Any], name: str, nested: Nested) -> Iterator[tuple[str, Written]]:
    """The parameters that a nested ``FilterSet`` brings, by attribute."""
    path = nested.path(model, name)
    own = nested.filterset.__declared__
    for attribute, each in own.written.items():
        if not each.declaration.nests:
            continue
        parameter = own.parameters[attribute]
        inner = None if parameter.group is None else f"{name}.{parameter.group}"
        group = name if path.crosses_to_many else inner
        under = path.name if not each.under else f"{path.name}{SEPARATOR}{each.under}"
        yield (
            f"{name}{SEPARATOR}{attribute}",
            each._replace(
                under=under,
                group=group,
                default=parameter.default,
                required=parameter.required,
                called=f"{name}{SEPARATOR}{parameter.name}",
                bounds=own.bounds.narrowed(each.bounds),
                brought_by=name,
            ),
        )


def declared(
    model: type[Any], written: Mapping[str, Written], settings: Settings, taken: frozenset[str]
) -> Declared:
    """What was written, on the ground of a model.

    Raises UnknownFieldError, UnknownLookupError, and UnsupportedOperationError for names that clash or are
    ``taken``, types that do not fit, and settings of what is no parameter.
    """
    parameters: dict[str, Parameter] = {}
    for attribute, each in written.items():
        try:
            _check_name(attribute, taken)
            ground = Ground(model, settings.bounds.narrowed(each.bounds), each.under)
            parameters[attribute] = _parameter(ground, attribute, each)
        except QueryError as error:
            error.add_note(f"declared as {attribute!r}")
            raise
    _check_unique([each.name for each in parameters.values()])
    return Declared(model, settings.bounds, written, _set(parameters, settings))


def _parameter(ground: Ground, attribute: str, written: Written) -> Parameter:
    source, info = written.declaration.bound(ground, attribute, written.annotation), written.info
    example = () if source.example is None else (source.example,)
    return Parameter(
        name=written.called or info.get("alias") or attribute,
        attribute=attribute,
        source=source,
        default=_valid(attribute, source.annotation, written.default),
        required=written.required,
        description=info.get("description") or source.description,
        examples=tuple(info.get("examples") or example),
        group=written.group,
        said={name: said for name, said in info.items() if name in TOLD},
    )


def check_settings(bounds: Bounds, undeclared: Any) -> None:
    """Raises UnsupportedOperationError for bounds that are none, and another ``undeclared``."""
    for most in bounds:
        if type(most) is not int or most < 1:
            raise UnsupportedOperationError(
                f"most_values and its kin are whole numbers from 1 on, not {most!r}"
            )
    check_undeclared(undeclared)


def check_undeclared(undeclared: Any) -> None:
    """Raises UnsupportedOperationError for another ``undeclared`` than there is."""
    if undeclared not in ("refuse", "ignore"):
        raise UnsupportedOperationError(f"undeclared is 'refuse' or 'ignore', not {undeclared!r}")


def _check_name(attribute: str, taken: frozenset[str]) -> None:
    if attribute in taken or attribute.startswith("_"):
        why = "a FilterSet has an attribute of that name" if attribute in taken else "it begins with _"
        raise UnsupportedOperationError(
            f"{attribute!r} can be no parameter, since {why}: declare it under another name, "
            f"other: Annotated[…, Lookup({attribute!r}), Field(alias={attribute!r})]"
        )


def _check_unique(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UnsupportedOperationError(f"two parameters are called {twice[0]!r}")


def _valid(attribute: str, annotation: Any, default: Any) -> Any:
    if default is None:
        return None
    try:
        return TypeAdapter(annotation).validate_python(default)
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise UnsupportedOperationError(
            f"the default {default!r} of {attribute!r} is refused: {said}"
        ) from None


def _set(parameters: dict[str, Parameter], settings: Settings) -> dict[str, Parameter]:
    """The parameters as the settings of the class have them."""
    found = dict(parameters)

    def change(name: str, **changes: Any) -> None:
        if name not in found:
            raise UnknownFieldError(settings.owner, name, name, found)
        found[name] = replace(found[name], **changes)

    if not isinstance(settings.defaults, Mapping):
        raise UnsupportedOperationError(f"defaults is a dict by parameter, not {settings.defaults!r}")
    for name, default in settings.defaults.items():
        change(name, default=None)
        change(name, default=_valid(name, found[name].source.annotation, default))
    for name in _listed("required", settings.required):
        change(name, required=True)
        if found[name].default is not None:
            raise UnsupportedOperationError(
                f"{name!r} is required, and has a default, which would never count: one of both"
            )
    for group in _listed("groups", settings.groups):
        members = [*_listed("a group", group)]
        for name in members:
            change(name)
        _check_group(members, found)
        for name in members:
            change(name, group="+".join(members))
    return found


def _check_group(members: list[str], found: Mapping[str, Parameter]) -> None:
    if not members or len({*members}) != len(members):
        raise UnsupportedOperationError(f"a group names each of its parameters once, not {members!r}")
    for name in members:
        if not isinstance(found[name].source, Condition):
            raise UnsupportedOperationError(f"groups: {name!r} is no condition, which a group is of")
        if found[name].group is not None:
            raise UnsupportedOperationError(
                f"groups: {name!r} is in a group already, {found[name].group!r}: a parameter is in one"
            )
    if len(members) == 1:
        raise UnsupportedOperationError(f"a group is of several parameters, and {members!r} is one")


def _listed(called: str, given: Any) -> Iterable[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UnsupportedOperationError(f"{called} is a list of names of parameters, not {given!r}")
    return given
