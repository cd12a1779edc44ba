"""Functions that make JSON, and that read text from it."""

from collections.abc import Iterable
from typing import Any

from django_like_repos.constructs.documents import checked_key, json_path, json_text
from django_like_repos.constructs.objects import json_array, json_object
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import TEXT, family
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import means, options_of
from django_like_repos.query import Names
from django_like_repos.query.functions.documents import (
    KT,
    JSONArray,
    JSONObject,
    KeyTextTransform,
    KeyTransform,
)
from django_like_repos.query.shapes import Call
from django_like_repos.values.document import Document, document_at, document_of, order_of


def _checked(function: Any, keys: Iterable[str]) -> tuple[str, ...]:
    try:
        return tuple([checked_key(key) for key in keys])
    except ValueError as error:
        raise UnsupportedOperationError(f"{function!r}: {error}") from None


@means(
    JSONObject,
    gives=lambda call, arguments: _document_of(options_of(call), arguments),
    options=lambda names, function, arguments: _checked(function, function.keys),
)
def _object(call: Call, *values: Any) -> Any:
    return json_object(options_of(call), values)


@means(JSONArray, gives=lambda call, arguments: _document_of(map(str, range(len(arguments))), arguments))
def _array(call: Call, *values: Any) -> Any:
    return json_array(values)


def _document_of(keys: Iterable[str], arguments: list[Traits]) -> Document:
    return document_of(tuple(zip(keys, [order_of(each.type) for each in arguments], strict=True)))


def _of_json(names: Names, function: Any, arguments: list[Traits]) -> None:
    (argument,) = arguments
    if family(argument.type) != "json":
        raise UnsupportedOperationError(f"{function!r}: the path does not lead into JSON")


def _key_of_json(names: Names, function: Any, arguments: list[Traits]) -> tuple[str, ...]:
    _of_json(names, function, arguments)
    return _checked(function, (function.key_name,))


@means(
    KeyTransform,
    gives=lambda call, arguments: document_at(arguments[0].type, *options_of(call)),
    options=_key_of_json,
)
def _at_key(call: Call, value: Any) -> Any:
    return json_path(value, options_of(call))


@means(KeyTextTransform, gives=TEXT, options=_key_of_json)
def _text_at_key(call: Call, value: Any) -> Any:
    return json_text(value, options_of(call))


@means(KT, gives=TEXT, options=_of_json)
def _text(call: Call, value: Any) -> Any:
    return json_text(value, ())
