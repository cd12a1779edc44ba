"""What a value is in JSON, and what a parameter takes: "5" is no number in a body, as it is in a URL."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema


class Kinds(NamedTuple):
    """The kinds of JSON that a schema takes, in its own words."""

    names: frozenset[str]
    """None of them where the schema does not say."""
    members: "Kinds | None"
    """Those of the members of an array."""

    def __str__(self) -> str:
        return " or ".join(sorted(self.names))

    def may_be(self, name: str) -> bool:
        """Whether a kind is taken, as far as the schema says."""
        return not self.names or name in self.names

    def take(self, value: Any) -> bool:
        """Whether a value is of such a kind."""
        if not self.names:
            return True
        if isinstance(value, list) and "array" in self.names:
            return self.members is None or all(map(self.members.take, value))
        return bool(self.names.intersection(_kinds_of_value(value)))


def kinds_of(adapter: TypeAdapter[Any]) -> Kinds:
    """What an annotation takes of JSON."""
    try:
        schema = adapter.json_schema()
    except PydanticInvalidForJsonSchema:
        return Kinds(frozenset(), None)
    return _read(schema, schema.get("$defs", {}))


def _read(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Kinds:
    names: set[str] = set()
    members = None
    for each in _alternatives(schema, definitions):
        kind = each.get("type")
        found = _kinds_of_members(each) if kind is None else [kind]
        if not found:
            return Kinds(frozenset(), None)
        names.update(found)
        if kind == "array" and isinstance(each.get("items"), Mapping):
            members = _read(each["items"], definitions)
    return Kinds(frozenset(names), members)


def _alternatives(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "$ref" in schema:
        schema = definitions.get(schema["$ref"].rpartition("/")[2], {})
    several = schema.get("anyOf") or schema.get("oneOf")
    if several is None:
        yield schema
    else:
        for each in several:
            yield from _alternatives(each, definitions)


def _kinds_of_members(schema: Mapping[str, Any]) -> list[str]:
    """The kinds of what a schema lists, where it does not name one."""
    listed = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return [kind for value in listed for kind in _kinds_of_value(value)[:1]]


def _kinds_of_value(value: Any) -> tuple[str, ...]:
    if value is None or isinstance(value, bool):
        return ("null" if value is None else "boolean",)
    if isinstance(value, int):
        return "integer", "number"
    if isinstance(value, float):
        return ("number", "integer") if value.is_integer() else ("number",)
    return _OTHERS.get(type(value), ())


_OTHERS: Final[dict[type[Any], tuple[str, ...]]] = {str: ("string",), list: ("array",), dict: ("object",)}
