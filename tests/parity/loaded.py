"""What is loaded of the models in an answer, read without asking the database: `loaded(…)` in a case.

Each row counts, and so do of each object its columns and the relations that are filled, with whom. Two
things are left aside. A session has one object for a row, with all that any part of the answer has loaded of
it, so Django's objects of one row are put together too. And Django fills the way back of what it loads, which
here needs no filling.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc"

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from django.db import models
from sqlalchemy import inspect

from tests.parity import schema
from tests.parity.schema import Base

Row = tuple[str, Any]


@dataclass
class _Found:
    """What is loaded of a row."""

    columns: set[str] = field(default_factory=set)
    related: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Reading:
    """The objects of an answer, put together by row."""

    of: Callable[[Any], tuple[Row, Iterable[str], Mapping[str, Any]]]
    found: dict[Row, _Found] = field(default_factory=dict)

    seen: dict[int, Any] = field(default_factory=dict)

    def read(self, instance: Any) -> Any:
        """The row of an object; what is loaded of it goes to what was found."""
        if instance is None:
            return None
        if isinstance(instance, list):
            return sorted(self.read(each) for each in instance)
        row, columns, related = self.of(instance)
        if id(instance) not in self.seen:
            self.seen[id(instance)] = instance
            found = self.found.setdefault(row, _Found())
            found.columns.update(columns)
            for name, value in related.items():
                found.related[name] = self.read(value)
        return row

    def leads_back(self, row: Row, name: str, value: Any) -> bool:
        """Whether what a foreign key of a row leads to has that row in a relation of its own."""
        if not isinstance(value, tuple) or not hasattr(getattr(schema, row[0]), f"{name}_id"):
            return False
        others = self.found[value].related.values()
        return any(row == each or (isinstance(each, list) and row in each) for each in others)

    def told(self, result: Any) -> list[Any]:
        """Every row, and what is loaded of each."""
        rows = [*result.items()] if isinstance(result, dict) else [*enumerate(result)]
        first = [("row", key if isinstance(result, dict) else "", self.read(each)) for key, each in rows]
        for row, each in [*self.found.items()]:
            # The one relation that is to-one from either end.
            author = each.related.get("author") if row[0] == "Profile" else None
            if author is not None:
                self.found[author].related["profile"] = row
        found = [
            (
                row,
                sorted(each.columns),
                sorted(
                    (name, value)
                    for name, value in each.related.items()
                    if not self.leads_back(row, name, value)
                ),
            )
            for row, each in self.found.items()
        ]
        return [*first, *found]


def loaded_in_django(result: Any) -> list[Any]:
    """What Django has loaded of a queryset, or of what a terminal method gave."""
    return _Reading(_of_django).told(_models_in(result.results() if hasattr(result, "results") else result))


async def loaded_here(result: Any) -> list[Any]:
    """The same of ours, awaited first."""
    return _Reading(_of_ours).told(_models_in(await result if isawaitable(result) else result))


def _models_in(result: Any) -> Any:
    return result if isinstance(result, list | dict) else [result]


def _of_django(instance: Any) -> tuple[Row, Iterable[str], Mapping[str, Any]]:
    options: Any = type(instance)._meta
    columns = {each.attname for each in options.concrete_fields} - instance.get_deferred_fields()
    several = {
        each.key for each in inspect(getattr(schema, type(instance).__name__)).relationships if each.uselist
    }
    # Of a FilteredRelation it also fills the way back, where it has one of several.
    related = {name: each for name, each in instance._state.fields_cache.items() if name not in several}
    for name, children in getattr(instance, "_prefetched_objects_cache", {}).items():
        related[name] = list(children)
    named = {name: each for name, each in vars(instance).items() if _is_related(each, models.Model)}
    return (type(instance).__name__, instance.pk), columns, related | named


def _of_ours(instance: Base) -> tuple[Row, Iterable[str], Mapping[str, Any]]:
    state: Any = inspect(instance)
    mapper, missing = state.mapper, state.unloaded
    columns = {each.key for each in mapper.column_attrs} - missing
    related = {key: state.dict[key] for key in {*mapper.relationships.keys()} - missing}
    named = {name: each for name, each in state.dict.items() if _is_related(each, Base)}
    return (type(instance).__name__, state.identity[0]), columns, related | named


def _is_related(value: Any, kind: type[Any]) -> bool:
    """Whether it is a model, or a list of them, that a query has put into an attribute."""
    return isinstance(value, kind) or (type(value) is list and all(isinstance(each, kind) for each in value))
