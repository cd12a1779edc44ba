"""Django as the oracle: its querysets on the library, minus the one difference that is meant.

Django repeats a row once for every related row that a filter found, and counts and slices the repeats. Here
a to-many join that only filters multiplies nothing, so `OracleQuerySet` drops the repeats and is Django for
the rest. `OracleQuery` refuses the few queries whose meaning in Django hangs on how it named an alias.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connections as django_connections
from django.db.models import F, Q, QuerySet
from django.db.models.query import FlatValuesListIterable, ValuesIterable
from django.db.models.sql import Query
from sqlalchemy import URL

from tests.parity.django_schema import MODELS

Words = dict[str, Any]
Row = dict[str, Any]

connections: Any = django_connections


class DecidedByAnAliasNameError(Exception):
    """The case proves nothing: Django's answer is an accident."""


class OracleQuery(Query):
    """Django's query, which says so when a negation depends on a coincidence.

    A negated to-many condition becomes a subquery. Whether it speaks of the related row that the same call
    has joined already, Django decides by asking whether the alias *within* the subquery has the name of an
    alias that the call uses. That is right where both are named after the table, and luck elsewhere.
    """

    def split_exclude(self, filter_expr: Any, can_reuse: Any, names_with_path: Any) -> Any:
        path, value = filter_expr
        hops = [hop for _, path_infos in names_with_path for hop in path_infos]
        # A question for what is absent is asked of the row before it, by a LEFT JOIN.
        absent = value is None or (path.endswith("__isnull") and value is True)
        asked = hops[:-1] if absent else hops
        inner, joined = self._name_within(asked), self._joined(asked, can_reuse)
        if inner not in joined if inner in can_reuse else joined and not absent:
            raise DecidedByAnAliasNameError(filter_expr)
        return super().split_exclude(filter_expr, can_reuse, names_with_path)

    def _name_within(self, hops: list[Any]) -> str:
        taken = [self.model._meta.db_table]
        for hop in hops:
            table = hop.to_opts.db_table
            taken.append(f"T{len(taken) + 1}" if table in taken else table)
        return taken[-1]

    def _joined(self, hops: list[Any], can_reuse: set[str]) -> set[str]:
        """The aliases in this query that the call at hand has for the last of the hops."""
        parents: set[Any] = {self.get_initial_alias()}
        for hop in hops:
            parents = {
                alias
                for alias, join in self.alias_map.items()
                if getattr(join, "parent_alias", None) in parents
                and join.join_field == hop.join_field
                and (alias in can_reuse or not hop.m2m)
            }
        return parents


class OracleQuerySet(QuerySet):
    """Django's queryset, where a related row that only filters repeats nothing."""

    model: Any
    query: Any
    _fields: Any

    def results(self) -> list[Any]:
        if self.query.distinct and self._fields is not None:
            return list(self._chain())
        if self._fields is None:
            return list(dict.fromkeys(self._chain()))
        fields = self._fields or tuple(field.attname for field in self.model._meta.concrete_fields)
        keys = ("pk", *dict.fromkeys(key for field in fields for key in self._related_keys(field)))
        rows: dict[tuple[Any, ...], Row] = {}
        for row in self.values(*fields, *keys):
            rows.setdefault(tuple(row[key] for key in keys), {field: row[field] for field in fields})
        return [self._shaped(row) for row in rows.values()]

    def count(self) -> int:
        return len(self.results())

    def __getitem__(self, index: Any) -> Any:
        results = self.results()
        return super().__getitem__(index) if len(results) == super().count() else results[index]

    def get(self, *args: Any, **kwargs: Any) -> Any:
        found = self.filter(*args, **kwargs).results()
        if len(found) == 1:
            return found[0]
        raise self.model.MultipleObjectsReturned if found else self.model.DoesNotExist

    def _related_keys(self, field: str) -> Iterator[str]:
        """The primary key of each to-many relation that the path of a field goes through."""
        options, path = self.model._meta, []
        for name in field.split("__"):
            path.append(name)
            try:
                found = options.get_field(name)
            except FieldDoesNotExist:
                return
            if not found.is_relation:
                return
            if found.one_to_many or found.many_to_many:
                yield "__".join([*path, "pk"])
            options = found.related_model._meta

    def _shaped(self, row: Row) -> Any:
        if self._iterable_class is ValuesIterable:
            return row
        return row.popitem()[1] if self._iterable_class is FlatValuesListIterable else tuple(row.values())


@contextmanager
def oracle_on(url: URL) -> Iterator[Words]:
    """The words of a case, as Django says them about the database at the URL."""
    alias = url.get_backend_name()
    options = {"default": {}, alias: _settings(url)}
    connections.settings[alias] = connections.configure_settings(options)[alias]
    models = {
        model.__name__: OracleQuerySet(model, query=OracleQuery(model), using=alias) for model in MODELS
    }
    try:
        yield {**models, "F": F, "Q": Q, "date": date}
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]


def _settings(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.database}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or url.query.get("host", ""),
        "PORT": url.port or url.query.get("port", ""),
    }
