"""Django as the oracle: its querysets on the library, minus the one difference that is meant (see `once.py`).

An ordering by a to-many path repeats rows as well, where each is meant to have one place, that of the best.
There the repeats are dropped from what Django found.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.contrib.postgres.lookups import SearchLookup
from django.db import connections as django_connections
from django.db.models import CharField, QuerySet, TextField
from django.db.models.query import FlatValuesListIterable, ValuesIterable
from sqlalchemy import URL

from tests.parity.accidents import NoOracleError, OracleQuery
from tests.parity.django_schema import MODELS
from tests.parity.once import is_to_many, key_of, orders_by_more, read_aliases, rows_once
from tests.parity.words import DJANGO
from tests.parity.words import Words as Words

connections: Any = django_connections

# What `django.contrib.postgres` would do as an installed app, without its types.
for field in (CharField, TextField):
    field.register_lookup(SearchLookup)


class MeantQuery(OracleQuery):
    """Django's query, where a related row that only filters repeats nothing."""

    plain = False
    """Whether to leave it as Django has it."""
    kept: frozenset[str] = frozenset()
    """Aliases that were read by values which an aggregation has taken away."""
    only_named: frozenset[str] = frozenset()
    """The annotations that `alias()` made: they read nothing for themselves."""
    aggregated = False
    """Whether an aggregation is of its rows."""

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        if self.plain or self.combinator:
            return super().get_compiler(*args, **kwargs)
        if self.orders_by_more(*args, **kwargs):
            raise NoOracleError(self.order_by)
        return OracleQuery.get_compiler(rows_once(self), *args, **kwargs)

    def orders_by_more(self, *args: Any, **kwargs: Any) -> bool:
        """Whether the ordering joins to-many relations that nothing else reads."""
        if self.combinator or not self.order_by:
            return False
        copy: Any = self.clone()
        try:
            return orders_by_more(OracleQuery.get_compiler(copy, *args, **kwargs))
        except ValueError:
            # An OuterRef among its values: asked again where it stands in another query.
            return False

    def get_aggregation(self, using: Any, aggregate_exprs: Any) -> Any:
        self.kept, self.aggregated = frozenset(read_aliases(self)), True
        return super().get_aggregation(using, aggregate_exprs)

    def change_aliases(self, change_map: Any) -> Any:
        self.kept = frozenset(change_map.get(alias, alias) for alias in self.kept)
        return super().change_aliases(change_map)


class Page(list[Any]):
    """Rows as a sliced queryset gives them."""

    ordered = True

    def count(self) -> int:  # type: ignore[override]
        return len(self)

    def exists(self) -> bool:
        return bool(self)


class OracleQuerySet(QuerySet):
    """Django's queryset, where a related row that only filters or orders repeats nothing."""

    query: Any
    model: Any
    _fields: Any

    def results(self) -> list[Any]:
        if not self.query.orders_by_more(self.db):
            return list(self._chain())
        if self.query.annotations:
            raise NoOracleError(self.query.order_by)
        rows = self._chain()
        rows.query.plain = True
        if self._fields is None:
            return list(dict.fromkeys(rows))
        return list(rows) if self.query.distinct else self._values_once(rows)

    def count(self) -> int:
        self._check_order()
        return int(super().count())

    def aggregate(self, *args: Any, **kwargs: Any) -> Any:
        self._check_order()
        return super().aggregate(*args, **kwargs)

    def _check_order(self) -> None:
        """Django leaves an ordering out of account that tells distinct rows, and groups, apart."""
        apart = self._fields is not None and (self.query.distinct or self.query.group_by)
        if apart and not self.query.is_sliced:
            read = {*self.query.values_select, *self.query.annotation_select}
            names = [str(term).removeprefix("-") for term in self.query.order_by]
            if not read.issuperset(names):
                raise NoOracleError(self.query.order_by)

    def alias(self, *args: Any, **kwargs: Any) -> Any:
        named = super().alias(*args, **kwargs)
        named.query.only_named |= named.query.annotations.keys() - self.query.annotations.keys()
        return named

    def annotate(self, *args: Any, **kwargs: Any) -> Any:
        annotated = super().annotate(*args, **kwargs)
        annotated.query.only_named -= annotated.query.annotation_select.keys()
        return annotated

    def __getitem__(self, index: Any) -> Any:
        if not self.query.orders_by_more(self.db):
            return super().__getitem__(index)
        results = self.results()
        return Page(results[index]) if isinstance(index, slice) else results[index]

    def _values_once(self, rows: Any) -> list[Any]:
        """A row of values for each row that they are read from, whatever else is joined."""
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
        for alias in read_aliases(self.query):
            if alias == root or is_to_many(self.query, alias):
                yield key_of(self.query, alias)


class Related:
    """The related manager of a row, whose rows are those of ``objects``."""

    def __init__(self, models: Words, model: str, key: int, path: str) -> None:
        self._manager: Any = getattr(models[model].get(pk=key), path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    @property
    def objects(self) -> OracleQuerySet:
        related = self._manager.all()
        return OracleQuerySet(related.model, query=related.query.chain(klass=MeantQuery), using=related.db)


def _row(models: Words, model: str, key: int) -> Any:
    """The object of a row, of which Django knows that it has one."""
    return models[model].get(pk=key)


@contextmanager
def oracle_on(url: URL) -> Iterator[tuple[Words, ThreadPoolExecutor]]:
    """The words of a case, as Django says them about a database, and the one thread to say them in."""
    with django_on(url) as (alias, thread):
        models = {
            model.__name__: OracleQuerySet(model, query=MeantQuery(model), using=alias) for model in MODELS
        }
        yield {**DJANGO, **models, "related": partial(Related, models), "row": partial(_row, models)}, thread


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
