"""Models of pydantic, SQLModel's too: they are made by its validator, and read objects by their aliases."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, get_args

from django_like_repos.schemas.fields import Kind, SchemaError, SchemaField, path_in
from django_like_repos.schemas.kinds.pydantic_written import written


def _read(kind: Any) -> tuple[SchemaField, ...]:
    if not getattr(kind, "__pydantic_complete__", True):
        try:
            kind.model_rebuild()
        except Exception as error:
            raise SchemaError(f"pydantic has not read it yet: {error}") from error
    return tuple([_field(kind, name, each) for name, each in kind.__pydantic_fields__.items()])


def _field(kind: Any, name: str, info: Any) -> SchemaField:
    return SchemaField(
        name,
        info.annotation,
        path_in(info.metadata),
        tuple(_names(kind, name, info)),
        info.is_required(),
        name,
        converted=_is_converted(kind, name, info),
    )


def _is_converted(kind: Any, name: str, info: Any) -> bool:
    """Whether a validator makes what a field takes of what it is given."""
    own = kind.__pydantic_decorators__.field_validators.values()
    if any(each.info.mode != "after" and {name, "*"} & {*each.info.fields} for each in own):
        return True
    return any(type(each).__name__ in _CONVERTING for each in _extras(info.annotation, info.metadata))


def _extras(annotation: Any, more: Iterable[Any] = ()) -> Iterator[Any]:
    """What ``Annotated`` holds, anywhere in an annotation."""
    yield from more
    yield from getattr(annotation, "__metadata__", ())
    for each in get_args(annotation):
        yield from _extras(each)


_CONVERTING: Final = ("BeforeValidator", "WrapValidator", "PlainValidator")


def _names(kind: Any, name: str, info: Any) -> Iterator[tuple[str | int, ...]]:
    """Under which names a value is looked for, in pydantic's order."""
    config = kind.model_config
    alias = info.validation_alias
    if alias is not None and config.get("validate_by_alias") is not False:
        for each in getattr(alias, "choices", [alias]):
            yield (each,) if isinstance(each, str) else tuple(each.path)
        if not (config.get("populate_by_name") or config.get("validate_by_name")):
            return
    yield (name,)


def _is_opaque(kind: Any) -> bool:
    validators = kind.__pydantic_decorators__.model_validators.values()
    return any(each.info.mode in ("before", "wrap") for each in validators)


PYDANTIC = Kind(
    "a model of pydantic",
    lambda kind: (
        hasattr(kind, "__pydantic_fields__")
        and hasattr(kind, "model_config")
        and not getattr(kind, "__pydantic_root_model__", False)
    ),
    _read,
    way="validated",
    is_opaque=_is_opaque,
    written=written,
)
