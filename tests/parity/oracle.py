"""Django as the oracle: its querysets on the library, minus the one difference that is meant.

Django repeats a row once for every related row that a filter found, and counts and slices the repeats. Here
a to-many join that only filters multiplies nothing, so `OracleQuerySet` drops the repeats and is Django for
the rest.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connections as django_connections
from django.db.models import F, Q, QuerySet
from django.db.models.query import FlatValuesListIterable, ValuesIterable
from sqlalchemy import URL

from tests.parity.accidents import OracleQuery
from tests.parity.django_schema import MODELS

Words = dict[str, Any]

connections: Any = django_connections


class Page(list[Any]):
    """Rows as a sliced queryset gives them."""

    def count(self) -> int:  # type: ignore[override]
        return len(self)

    def exists(self) -> bool:
        return bool(self)


class OracleQuerySet(QuerySet):
    """Django's queryset, where a related row that only filters repeats nothing."""

    query: Any
    model: Any
    _fields: Any

    def results(self) -> list[Any]:
        if self._fields is None:
            return list(dict.fromkeys(self._chain()))
        return list(self._chain()) if self.query.distinct else self._values_once()

    def count(self) -> int:
        return len(self.results())

    def __getitem__(self, index: Any) -> Any:
        results = self.results()
        if len(results) == len(self._chain()):
            return super().__getitem__(index)
        return Page(results[index]) if isinstance(index, slice) else results[index]

    def get(self, *args: Any, **kwargs: Any) -> Any:
        found = self.filter(*args, **kwargs).results()
        if len(found) == 1:
            return found[0]
        raise self.model.MultipleObjectsReturned if found else self.model.DoesNotExist

    def _values_once(self) -> list[Any]:
        """A row of values for each row that they are read from, whatever else is joined."""
        rows = self._chain()
        rows._iterable_class = ValuesIterable
        names = rows.query.selected or {name: index for index, name in enumerate(rows.query.values_select)}
        keys = {f"key of {column.alias}": column for column in self._keys()}
        rows.query.selected = {**names, **keys}
        unique = {tuple(row[key] for key in keys): [row[name] for name in names] for row in rows}
        if self._iterable_class is ValuesIterable:
            return [dict(zip(names, values, strict=True)) for values in unique.values()]
        flat = self._iterable_class is FlatValuesListIterable
        return [values[0] if flat else tuple(values) for values in unique.values()]

    def _keys(self) -> Iterator[Any]:
        """The primary keys of the root and of the to-many relations that the values are read through."""
        root = self.query.get_initial_alias()
        yield self.model._meta.pk.get_col(root)
        read = {column.alias for column in self.query.select}
        for alias, join in reversed(self.query.alias_map.items()):
            if alias in read and alias != root:
                read.add(join.parent_alias)
                if join.join_field.one_to_many:
                    yield join.join_field.related_model._meta.pk.get_col(alias)


@contextmanager
def oracle_on(url: URL) -> Iterator[tuple[Words, ThreadPoolExecutor]]:
    """The words of a case, as Django says them about a database, and the one thread to say them in."""
    with django_on(url) as (alias, thread):
        models = {
            model.__name__: OracleQuerySet(model, query=OracleQuery(model), using=alias) for model in MODELS
        }
        yield {**models, "F": F, "Q": Q, "date": date}, thread


@contextmanager
def django_on(url: URL) -> Iterator[tuple[str, ThreadPoolExecutor]]:
    """Django's alias of a database, and the one thread to use it in.

    Django keeps a connection for each thread, and for each task where there is an event loop.
    """
    alias = f"{url.get_backend_name()} {url.database}"
    options = {"default": {}, alias: _settings(url)}
    connections.settings[alias] = connections.configure_settings(options)[alias]
    with ThreadPoolExecutor(max_workers=1) as thread:
        try:
            yield alias, thread
        finally:
            thread.submit(connections.close_all).result()
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
