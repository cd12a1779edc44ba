"""Many rows at a time: what a repository writes in one call."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django_like_repos import execution
from django_like_repos.clauses import conflicts
from django_like_repos.clauses.bulk_creating import checked_progress, checked_rows
from django_like_repos.clauses.bulk_updating import given_rows
from django_like_repos.clauses.proposals import listed
from django_like_repos.clauses.returning import read_returning
from django_like_repos.execution.bulk import existing, upserting
from django_like_repos.execution.upserted import Upserted
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
            ignore_conflicts: bool = False,
            update_conflicts: bool = False,
            update_fields: Iterable[str] | None = None,
            unique_fields: Iterable[str] | None = None,
            *,
            on_progress: execution.CreateProgress | None = None,
        ) -> "Written": ...

        async def upsert(
            self,
            values: Iterable[Mapping[str, Any] | Model],
            match_fields: Iterable[str] = ("pk",),
            update_fields: Iterable[str] | Mapping[str, Any] | None = None,
            where: Any = None,
            *,
            batch_size: int | None = None,
            on_progress: execution.CreateProgress | None = None,
        ) -> Upserted[Any]: ...

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

    def returning(self, *fields: str | None, return_model: bool = False) -> "Returning[Model]":
        """A copy whose ``bulk_…()`` write at once and give back fields of the rows, without fields the keys.

        They give a ``Written``: SQLAlchemy's ``Result``, which besides is the number of rows. With
        ``returning(None)`` that is all: no objects are made, and rows of a generator take no memory.
        ``return_model``: models, which ``bulk_create()`` gives anyway. Raises
        UnknownFieldError, and UnsupportedOperationError for what is no column of the table.
        """
        returning = read_returning(self._names, fields, model=return_model)
        return cast("Returning[Model]", self._flagged("returning", returning))

    async def bulk_create(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
        *,
        on_progress: execution.CreateProgress | None = None,
    ) -> list[Model]:
        """New models of dicts or instances: with a flag inserted at once, else added to the session.

        Values are read as in a filter, also those of instances. Inserted models have their keys and what the
        database gave them, and are the session's; after ``returning()`` a ``Written`` comes back instead.
        ``batch_size``: rows a batch, after which the flags apply and ``on_progress(done, total)`` is called,
        ``total`` None for a generator; None for all in one. Where a batch fails, nothing stays of the call,
        with ``commit()`` of the batch.

        ``ignore_conflicts`` leaves out what conflicts with rows that are there, and gives objects that know
        no keys; ``update_conflicts`` sets ``update_fields`` in those that are alike in ``unique_fields``, and
        gives the session's objects. Either is written at once.

        Before anything is written of a list, or of a batch of a generator, it raises UnknownFieldError,
        InvalidLookupValueError, and UnsupportedOperationError for what is no list, of another class, in
        another session, there twice or there already; ValueError for a size that is no positive whole number,
        and as Django for arguments that do not go together.
        """
        checked_batch_size(batch_size)
        checked_progress(on_progress)
        rows = checked_rows(self.model_cls, values)
        query = self._flagged_query()
        conflict = conflicts.creating(
            self._names,
            ignore=ignore_conflicts,
            update=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
        )
        if conflict is not None:
            written: Any = await upserting.create(
                self._session, query, conflict, [*rows], batch_size, on_progress
            )
            return cast("list[Model]", written)
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

    async def upsert(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        match_fields: Iterable[str] = ("pk",),
        update_fields: Iterable[str] | Mapping[str, Any] | None = None,
        where: Any = None,
        *,
        batch_size: int | None = None,
        on_progress: execution.CreateProgress | None = None,
    ) -> Upserted[Any]:
        """Writes rows at once: new ones, and what those get that are there already; and tells which is which.

        ``match_fields`` say which row is which, and have to be unique in the table. ``update_fields`` are set
        in a row that is there: names, a dict of names and what they get (``{"n": F("n") + Proposed("n")}``),
        or None for all that is given but ``match_fields`` and the key. ``where``, a condition of the row that
        is there, says which are changed at all (``Q(at__lt=Proposed("at"))``).
        ``batch_size``: rows after which ``commit()`` commits and ``on_progress(done, total)`` is called;
        without ``commit()`` all rows are one batch.

        Raises UnknownFieldError, InvalidLookupValueError, ViolationError, and UnsupportedOperationError for
        what is not unique, two rows that are one, and what is missing.
        """
        checked_batch_size(batch_size)
        checked_progress(on_progress)
        given = listed("upsert", values, self.model_cls)
        conflict = conflicts.upserting(self._names, match_fields, update_fields, where)
        query = self._flagged_query()
        return await upserting.upsert(self._session, query, conflict, given, batch_size, on_progress)

    async def bulk_get_or_create(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        match_fields: Iterable[str] = ("pk",),
        defaults: Mapping[str, Any] | None = None,
    ) -> list[tuple[Model, bool]]:
        """Models in the order of the values, and whether each is new; those that are there stay as they are.

        New ones get ``defaults`` for what the values leave out; one that is callable is called for each.
        Raises as ``upsert()``.
        """
        given = conflicts.with_defaults(listed("bulk_get_or_create", values, self.model_cls), defaults)
        conflict = conflicts.getting(self._names, match_fields)
        query = self._query_of_objects("bulk_get_or_create")
        found = await upserting.get_or_create(self._session, query, conflict, given)
        return cast("list[tuple[Model, bool]]", found)

    async def existing_pks(self, pks: Iterable[Any]) -> set[Any]:
        """Those of primary keys, several columns as tuples, that rows have.

        Raises InvalidLookupValueError.
        """
        return await existing.existing_keys(self._session, self._flagged_query(), pks)

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
        checked_progress(on_progress)
        query = self._flagged_query()
        given = given_rows(query.names, objs, fields, shown=self._shown)
        return await execution.bulk_update(self._session, query, given, batch_size, on_progress)


def checked_batch_size(size: object) -> None:
    """Raises ValueError for what is no number of rows."""
    if size is not None and (type(size) is not int or size <= 0):
        raise ValueError(f"batch_size must be a positive whole number, not {size!r}")
