"""Paths into JSON: ``data__owner__name``, ``data__0``, ``data__tags__-1``."""

from typing import Any

from sqlalchemy import ColumnElement, types
from sqlalchemy.types import TypeEngine

from django_like_repos.constructs.documents import json_path
from django_like_repos.errors import UnknownFieldError
from django_like_repos.language.casting import typed
from django_like_repos.mapping.transform import ANY, Transform, register_transform
from django_like_repos.values.document import DOCUMENT, document_at


@register_transform(of=types.JSON)
class Key(Transform):
    """What stands under a key of an object or an index of an array (Django: ``KeyTransform``)."""

    name = ANY
    result = DOCUMENT
    lacks = None

    def __init__(self, written: str, of: TypeEngine[Any], zone: str) -> None:
        if "\0" in written or any("\ud800" <= each <= "\udfff" for each in written):
            raise UnknownFieldError("JSON", written, written, ())
        super().__init__(written, of, zone)
        self.type = document_at(of, written)

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        found: ColumnElement[Any] = typed(json_path(value, (self.written,)), self.type)
        return found
