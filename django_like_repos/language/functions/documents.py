"""Functions that make JSON, and that read text from it."""

from typing import Any, Final

from django_like_repos.constructs.documents import checked_key, json_text
from django_like_repos.constructs.objects import json_array, json_object
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.base import means, options_of
from django_like_repos.language.inference import TEXT, family
from django_like_repos.language.kinds import Traits
from django_like_repos.query import Names
from django_like_repos.query.functions.documents import KT, JSONArray, JSONObject
from django_like_repos.query.shapes import Call
from django_like_repos.values.document import Document

_DOCUMENT: Final = Document()


def _keys(names: Names, function: Any, arguments: list[Traits]) -> tuple[str, ...]:
    try:
        return tuple([checked_key(key) for key in function.keys])
    except ValueError as error:
        raise UnsupportedOperationError(f"{function!r}: {error}") from None


@means(JSONObject, gives=_DOCUMENT, options=_keys)
def _object(call: Call, *values: Any) -> Any:
    return json_object(options_of(call), values)


@means(JSONArray, gives=_DOCUMENT)
def _array(call: Call, *values: Any) -> Any:
    return json_array(values)


def _of_json(names: Names, function: Any, arguments: list[Traits]) -> None:
    (argument,) = arguments
    if family(argument.type) != "json":
        raise UnsupportedOperationError(f"{function!r}: the path does not lead into JSON")


@means(KT, gives=TEXT, options=_of_json)
def _text(call: Call, value: Any) -> Any:
    return json_text(value, ())
