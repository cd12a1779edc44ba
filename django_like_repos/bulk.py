"""Many rows at a time: what a repository writes in one call."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django_like_repos import execution
from django_like_repos.clauses.bulk_creating import checked_progress, checked_rows
from django_like_repos.clauses.bulk_updating import given_rows
from django_like_repos.clauses.returning import read_returning
from django_like_repos.storing import Storing

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

Model = TypeVar("Model")


if TYPE_CHECKING:

    class Returning(Generic[Model]):
        """A repository after ``returning()``: what it writes of many rows gives back a ``Written``."""

        def flush(self, flush: bool = True, /) -> "Returning[Model]": ...

        def commit(self, commit: bool = True, /) -> "Returning[Model]": ...

        async def bulk_create(
            self,
            values: Iterable[Mapping[str, Any] | Model],
            batch_size: int | None = None,
            *,
            on_progress: execution.CreateProgress | None = None,
        ) -> "Written": ...

        async def bulk_update(
            self,
            objs: Iterable[Model | Mapping[str, Any]],
            fields: Iterable[str],
            *,
            batch_size: int | None = None,
            on_progress: execution.Progress | None = None,
        ) -> "Written": ...

        async def bulk_way(self, values: Iterable[Mapping[str, Any] | Model]) -> execution.Way: ...


class Bulk(Storing[Model], Generic[Model]):
    """What a repository writes of many rows, with the hooks of ``Storing``."""

    if TYPE_CHECKING:

        def _flagged(self, name: str, value: object) -> Any: ...

    def returning(self, *fields: str | None) -> "Returning[Model]":
        """A copy whose ``bulk_…()`` write at once and give back fields of the rows, without fields the keys.

        They give a ``Written``: SQLAlchemy's ``Result``, which besides is the number of rows. With
        ``returning(None)`` that is all: no objects are made, and rows of a generator take no memory. Raises
        UnknownFieldError, and UnsupportedOperationError for what is no column of the table.
        """
        return cast("Returning[Model]", self._flagged("returning", read_returning(self._names, fields)))

    async def bulk_create(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        batch_size: int | None = None,
        *,
        on_progress: execution.CreateProgress | None = None,
    ) -> list[Model]:
        """New models of dicts or instances: with a flag inserted at once, else added to the session.

        Values are read as in a filter, also those of instances. Inserted models have their keys and what the
        database gave them, and are the session's; after ``returning()`` a ``Written`` comes back instead.
        ``batch_size``: rows a batch, after which the flags apply and ``on_progress(done, total)`` is called,
        ``total`` None for a generator; None for all in one. Where a batch fails, nothing stays of the call,
        with ``commit()`` of the batch.

        Before anything is written of a list, or of a batch of a generator, it raises UnknownFieldError,
        InvalidLookupValueError, and UnsupportedOperationError for what is no list, of another class, in
        another session, there twice or there already; ValueError for a size that is no positive whole number.
        """
        checked_batch_size(batch_size)
        checked_progress(on_progress)
        rows = checked_rows(self.model_cls, values)
        query = self._flagged_query()
        settings = query.settings
        if settings.flush or settings.commit or settings.returning is not None or self._hooked:
            made: Any = await execution.bulk_create(self._session, query, rows, batch_size, on_progress)
            return cast("list[Model]", made)
        return await execution.bulk_add(self._session, query, rows, batch_size, on_progress)

    async def bulk_way(self, values: Iterable[Mapping[str, Any] | Model]) -> execution.Way:
        """The way in which ``bulk_create()`` would insert rows, and why it is not a faster one.

        Its ``name`` is "copy", "unnest", "values", "many" or "flush". Nothing is written; Python's defaults
        are called. Raises what ``bulk_create()`` raises.
        """
        rows = [*checked_rows(self.model_cls, values, "bulk_way")]
        return await execution.bulk_way(self._session, self._flagged_query(), rows)

    async def bulk_update(
        self,
        objs: Iterable[Model | Mapping[str, Any]],
        fields: Iterable[str],
        *,
        batch_size: int | None = None,
        on_progress: execution.Progress | None = None,
    ) -> "Written":
        """Sets fields of the rows of objects, or of dicts with a key, each to its own values, at once.

        Values are read as in a filter, and may be expressions of the row's own columns. Gives SQLAlchemy's
        ``Result`` of the keys of the rows that are there, or of what ``returning()`` chose, with a
        ``rowcount``; rows that are not there are left out. ``batch_size``: rows a batch, after which the
        flags apply and ``on_progress(done, total)`` is called.

        Before anything is written it raises UnknownFieldError, InvalidLookupValueError, and
        UnsupportedOperationError for a field that cannot be set, a row without a key or a value, and one that
        is there twice; StaleObjectError for a row of another version than its object.
        """
        checked_batch_size(batch_size)
        query = self._flagged_query()
        given = given_rows(query.names, objs, fields, shown=self._shown)
        return await execution.bulk_update(self._session, query, given, batch_size, on_progress)


def checked_batch_size(size: object) -> None:
    """Raises ValueError for what is no number of rows."""
    if size is not None and (type(size) is not int or size <= 0):
        raise ValueError(f"batch_size must be a positive whole number, not {size!r}")
