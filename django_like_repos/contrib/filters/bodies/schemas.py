"""What a body says of itself in OpenAPI: a recursive schema of the declared columns and operators."""

from typing import Annotated, Any, Final, Union

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter, create_model

from django_like_repos.caching import cached
from django_like_repos.contrib.filters.bodies.sayable import LISTS, NOT, Column, Operator, Sayable

_FORBID: Final = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})
_OBJECT: Final = "Conditions on columns, all of which must hold."


def schema_of_conditions(name: str, may: Sayable, handle: GetJsonSchemaHandler) -> Any:
    """An object, or a list of objects of which any may hold; ``name`` is that of the ``FilterSet``."""
    schema = handle(_adapter(name, may).core_schema)
    bounds = may.declared.bounds
    schema["anyOf"] = [*schema["anyOf"], {"type": "object", "maxProperties": 0, "description": "All rows."}]
    schema["examples"] = _examples(may)
    schema["description"] = (
        f"{_OBJECT} Of a list of them any. At most {bounds.conditions} in all, "
        f"and, or and not in each other at most {bounds.depth} deep."
    )
    return schema


def schema_of_sort(may: Sayable) -> Any:
    """A list of names, and of objects that say a direction."""
    names = [name for name in may.terms if not name.startswith("-")]
    if not names:
        return {"type": "array", "maxItems": 0}
    nulls = {"type": "string", "enum": ["first", "last"]}
    named = {"type": "string", "enum": names}
    directions = [
        {
            "type": "object",
            "properties": {way: named, "nulls": nulls},
            "required": [way],
            "additionalProperties": False,
        }
        for way in ("asc", "desc")
    ]
    return {
        "type": "array",
        "items": {"anyOf": [{"type": "string", "enum": [*may.terms]}, *directions]},
        "maxItems": len(names),
        "description": "The order: names, - before one or desc of it for the other way round.",
        "examples": [[names[0]], [{"desc": names[0]}]],
    }


def _examples(may: Sayable) -> list[Any]:
    """A condition on the first column of which an example is known."""
    for column in may.columns.values():
        if column.alone is not None and column.alone.parameter.examples:
            return [{column.name: column.alone.parameter.examples[0]}]
        for word, operator in column.operators.items():
            if operator.parameter.examples:
                return [{column.name: {word: operator.parameter.examples[0]}}]
    return []


@cached(1024)
def _adapter(name: str, may: Sayable) -> TypeAdapter[Any]:
    made = _object(name, may)
    most = may.declared.bounds.conditions
    listed: Any = Annotated[list[made], Field(min_length=1, max_length=most)]  # type: ignore[valid-type]
    several: Any = Union[made, listed]  # noqa: UP007
    return TypeAdapter(several)


def _object(name: str, may: Sayable) -> type[BaseModel]:
    """A model that is never asked to validate: what it would take is what may be said."""
    called = f"{name}Conditions"
    fields: dict[str, Any] = {
        f"c{number}": _field(
            _of_column(name, column), column.name, column.description, nulls="isnull" in column.operators
        )
        for number, column in enumerate(may.columns.values())
    }
    listed = Annotated[list[called], Field(min_length=1, max_length=may.declared.bounds.conditions)]  # type: ignore[valid-type]
    fields["all_"] = _field(listed, "and", "All of them.")
    fields["any_"] = _field(listed, "or", "Any of them.")
    fields["none_"] = _field(Union[called, listed], "not", "Not so.")  # noqa: UP007
    made: type[BaseModel] = create_model(called, __config__=_FORBID, __doc__=_OBJECT, **fields)
    made.model_rebuild(_types_namespace={called: made})
    return made


def _field(annotation: Any, alias: str, description: str | None = None, *, nulls: bool = False) -> Any:
    """A field that need not be there; ``nulls``, if its lists may hold null."""
    extra = _with_nulls if nulls else None
    # By a factory, so that no null stands there as the default.
    said = Field(default_factory=lambda: None, alias=alias, description=description, json_schema_extra=extra)
    return annotation, said


def _with_nulls(schema: dict[str, Any]) -> None:
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "array":
            each["items"] = {"anyOf": [each["items"], {"type": "null"}]}


def _of_column(name: str, column: Column) -> Any:
    forms = [] if column.alone is None else [column.alone.condition.annotation]
    operators = {word: _operator(operator) for word, operator in column.operators.items()}
    null = [None] if "isnull" in operators else []
    negated = [operators[word][0] for word in ("ne", "notin") if word in operators] + null
    if negated:
        operators[NOT] = (Union[tuple(negated)], "None of this.")  # noqa: UP007
    if "in" in operators:
        forms.append(operators["in"][0])
    forms += null
    if operators:
        fields = {
            f"o{number}": _field(said[0], word, said[1], nulls=bool(null) and word in LISTS)
            for number, (word, said) in enumerate(operators.items())
        }
        forms.append(create_model(f"{name}Conditions_{column.name}", __config__=_FORBID, **fields))
    return Union[tuple(forms)]  # noqa: UP007


def _operator(operator: Operator) -> tuple[Any, str | None]:
    return operator.condition.annotation, operator.parameter.description
