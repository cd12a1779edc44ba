"""What dependencies answer besides the endpoint, told to OpenAPI by the parameters that they take.

FastAPI lets a route say its answers, and a dependency none: so the parameter holds them, until the
description of the app is made.
"""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI, HTTPException

_ANSWERS: Final = "x-answers"
_BODY: Final = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}


class NotFound(HTTPException):
    """The 404 of an object that is not there."""


def answering(status: int, description: str) -> dict[str, Any]:
    """For ``json_schema_extra`` of a parameter: another answer of the operations that take it."""
    return {_ANSWERS: {str(status): description}}


def document_answers(app: FastAPI) -> None:
    """Lets an app's OpenAPI name what ``answering()`` said; what a route declares itself stays as it is."""
    own = app.openapi

    def openapi() -> dict[str, Any]:
        described = own()
        for operation in _operations(described):
            for status, description in _taken(operation):
                answer = {"description": description, "content": {"application/json": {"schema": _BODY}}}
                operation["responses"].setdefault(status, answer)
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in described.get("paths", {}).values():
        yield from (each for each in path.values() if isinstance(each, dict) and "responses" in each)


def _taken(operation: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What an operation's parameters say of its answers, which is said once."""
    for parameter in operation.get("parameters", ()):
        yield from parameter.get("schema", {}).pop(_ANSWERS, {}).items()
