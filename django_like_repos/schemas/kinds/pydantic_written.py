"""How models of pydantic are written as JSON: what their core schemas say that no Python code changes."""

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from django_like_repos.schemas.written import ByPythonError, Takes, Written, WrittenField

Node = Mapping[str, Any]


def written(kind: Any) -> Written:
    """What is written of a model of pydantic. Raises ByPythonError where code of its own has a say."""
    return _Reader(kind).written()


class _Reader:
    """Reads the core schema of one model."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._named: dict[str, Node] = {}
        """The schemas that others speak of by name."""

    def written(self) -> Written:
        model = self._plain(self._kind.__pydantic_core_schema__)
        if model["type"] != "model" or model.get("cls") is not self._kind or model.get("root_model"):
            self._refuse("has validators, or a serializer, of the whole")
        if model.get("custom_init") or model.get("post_init"):
            self._refuse("has code that is run when it is made")
        config = model.get("config", {})
        said = next((name for name in _CONVERTING if config.get(name)), None)
        said = said or next(
            (name for name, usual in _USUAL.items() if config.get(name, usual) != usual), None
        )
        if said is not None:
            self._refuse(f"says {said} in its config")
        fields = self._plain(model["schema"])
        if fields["type"] != "model-fields":
            self._refuse("has validators of the whole")
        if fields.get("computed_fields"):
            self._refuse("has computed fields")
        return Written(
            tuple(
                [
                    self._field(name, each)
                    for name, each in fields["fields"].items()
                    if not each.get("serialization_exclude")
                ]
            ),
            by_alias=bool(config.get("serialize_by_alias")),
        )

    def _field(self, name: str, field: Node) -> WrittenField:
        if "serialization_exclude_if" in field:
            self._refuse(f"may leave out {name}")
        try:
            takes = self._takes(field["schema"])
        except ByPythonError as error:
            self._refuse(f"has {name}, which {error}")
        return WrittenField(name, name, field.get("serialization_alias", name), takes)

    def _takes(self, node: Node) -> Takes:
        """What passes unchanged. Raises ByPythonError."""
        node = self._plain(node)
        kind = node["type"]
        while kind in ("nullable", "default"):
            node = self._plain(node["schema"])
            kind = node["type"]
        if any(node.get(name) for name in _CONVERTING):
            raise ByPythonError("changes its text")
        if kind in _VALUES:
            return (kind,)
        if kind == "enum" or kind == "model":
            return (kind, node["cls"])
        if kind == "list":
            return ("list", *self._takes(node.get("items_schema", _ANY)))
        if kind == "tuple" and node.get("variadic_item_index") == 0 and len(node["items_schema"]) == 1:
            return ("list", *self._takes(node["items_schema"][0]))
        if kind == "dict" and self._takes(node.get("keys_schema", _ANY)) in (("str",), ("any",)):
            inner = self._takes(node.get("values_schema", _ANY))
            return ("dict",) if inner == ("any",) else ("dict", *inner)
        raise ByPythonError(f"is of a type that may change what it is given, {kind!r}")

    def _plain(self, node: Node) -> Node:
        """A node of the schema itself. Raises ByPythonError for one that has a serializer."""
        while "serialization" not in node and node["type"] in ("definitions", "definition-ref"):
            if node["type"] == "definition-ref":
                node = self._named[node["schema_ref"]]
            else:
                self._named.update({each["ref"]: each for each in node["definitions"]})
                node = node["schema"]
        if "serialization" in node:
            raise ByPythonError("has a serializer")
        return node

    def _refuse(self, why: str) -> NoReturn:
        raise ByPythonError(f"{self._kind.__name__} {why}")


_ANY: Final[Node] = {"type": "any"}
_VALUES: Final = frozenset(
    ("any", "bool", "date", "datetime", "decimal", "float", "int", "literal", "str", "time", "uuid")
)
_CONVERTING: Final = (
    "strip_whitespace",
    "to_lower",
    "to_upper",
    "str_strip_whitespace",
    "str_to_lower",
    "str_to_upper",
)
_USUAL: Final = {"ser_json_temporal": "iso8601", "ser_json_inf_nan": "null"}
