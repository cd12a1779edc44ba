"""The primary keys that new rows are given, none of which may be there twice in one call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Mapper, Session

from django_like_repos.clauses.bulk_creating import Places, check_keys_once
from django_like_repos.execution.bulk.drafts import Draft
from django_like_repos.execution.shards import is_sharded
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query


class Keys:
    """Those of one call, batch by batch."""

    def __init__(self, query: Query, session: Session | None, *, remembers: bool) -> None:
        self._query = query
        self._apart = session is not None and is_sharded(session)
        """Whether rows go to several databases, each of which may have one of a key."""
        self._known: dict[Any, Any] | None = {} if remembers else None
        """Keys of other batches: of a generator there may be very many, and they are not remembered."""

    def check(self, draft: Draft, places: Places) -> None:
        """Raises UnsupportedOperationError where a row of a batch has the key of another."""
        self._check(_given(draft), places)

    def check_rows(self, rows: Iterable[Mapping[str, Any]], places: Places) -> None:
        """The same of the values of rows, by attributes."""
        self._check(_keys_in(mapper_of(self._query.model), rows), places)

    def _check(self, keys: Sequence[Any], places: Places) -> None:
        if keys and not self._apart:
            check_keys_once(self._query.model, keys, places, self._known, shown=self._query.settings.shown)


def _given(draft: Draft) -> Sequence[Any]:
    """The keys of a batch; empty where none are given."""
    layout, parts = draft.layout, draft.parts
    if layout is None or not parts:
        return _keys_in(draft.mapper, draft.rows)
    if not any(cell in part.columns for part in parts for cell in layout.keys):
        return ()
    found: list[Any] = []
    for part in parts:
        nothing = [None] * (part.stop - part.start)
        found += _whole(zip(*[part.columns.get(cell, nothing) for cell in layout.keys], strict=True))
    return found


def _keys_in(mapper: Mapper[Any], rows: Iterable[Mapping[str, Any]]) -> Sequence[Any]:
    names = [field.key for field in key_of(mapper)]
    return _whole([tuple([row.get(name) for name in names]) for row in rows])


def _whole(keys: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Keys, or None where a part of one is left to the database."""
    return [None if None in key else key for key in keys]
