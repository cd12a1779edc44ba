"""What the answer of a route reads of models: the type of the items in its ``response_model``."""

from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin

from fastapi import Request

from django_like_repos.caching import cached
from django_like_repos.clauses import gives_models
from django_like_repos.clauses.schemas import checked_schemas, refuse_unread
from django_like_repos.loading import Loading
from django_like_repos.pages import CursorPage, Page
from django_like_repos.paging import Paging
from django_like_repos.schemas import SchemaError, schema_of, wanted
from django_like_repos.schemas.annotations import bare

Row = TypeVar("Row")


def answered(request: Request, queryset: Paging[Row]) -> Paging[Row]:
    """A queryset of models that loads what the route of a request answers of them.

    Any other, and that of a route whose ``response_model`` is no page of types with fields, is as it was.
    Raises UnsupportedOperationError as ``load_for()`` does.
    """
    model = getattr(request.scope.get("route"), "response_model", None)
    if model is None or not isinstance(queryset, Loading) or not gives_models(queryset._query):
        return queryset
    item = _known(model) if _has_hash(model) else _read(model)
    return queryset if item is None else queryset.load_for(item)


def _read(model: Any) -> Any:
    """The type of the items of a page, which pydantic makes of models.

    Raises UnsupportedOperationError for a type that FastAPI makes of no model's object.
    """
    item = item_of(model)
    for schema in () if item is None else checked_schemas("page", item):
        refuse_unread("page", "the item of the response_model", schema)
    return item


def item_of(model: Any) -> Any:
    """The type of the items of a page, or the union of several, if it is of such that have fields."""
    model = bare(model)
    if get_origin(model) in (Union, UnionType):
        pages = [each for each in map(bare, get_args(model)) if get_origin(each) in (Page, CursorPage)]
        model = pages[0] if len(pages) == 1 else None
    if get_origin(model) not in (Page, CursorPage):
        return None
    item = bare(get_args(model)[0])
    types = wanted(item).types
    return item if types and all(map(_has_fields, types)) else None


_known: Final = cached(1024)(_read)


def _has_hash(model: Any) -> bool:
    """Whether a type can be remembered: not one that is annotated with a list, say."""
    try:
        hash(model)
    except TypeError:
        return False
    return True


def _has_fields(item: Any) -> bool:
    if hasattr(item, "__mapper__"):
        # All its columns are wanted anyway.
        return False
    try:
        return schema_of(item) is not None
    except SchemaError:
        # Who loads for it says what is wrong.
        return True
