"""Paths into JSON: ``data__owner__name``, ``data__0``, ``data__tags__-1``."""

from typing import Any

from sqlalchemy import ColumnElement, types

from django_like_repos.builder.constructs.documents import Document, json_path
from django_like_repos.builder.transforms.base import ANY, Transform, register_transform


@register_transform(of=types.JSON)
class Key(Transform):
    """What stands under a key of an object or an index of an array (Django: ``KeyTransform``)."""

    name = ANY
    result = Document()

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return json_path(value, (self.written,))
