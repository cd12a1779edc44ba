"""Many rows at a time: what a repository writes in one call."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from django_like_repos import execution
from django_like_repos.clauses import conflicts
from django_like_repos.clauses.bulk_updating import given_rows
from django_like_repos.clauses.proposals import listed
from django_like_repos.clauses.returning import of_bulk
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.bulk import existing, upserting
from django_like_repos.execution.upserted import Upserted
from django_like_repos.storing import Storing

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

Model = TypeVar("Model")


class Bulk(Storing[Model], Generic[Model]):
    """What a repository writes of many rows, with the hooks of ``Storing``."""

    async def bulk_create(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Iterable[str] | None = None,
        unique_fields: Iterable[str] | None = None,
    ) -> list[Model]:
        """New models of dicts or instances, added to the session; the flags apply after each batch.

        Values are read as in a filter, also those of instances. ``batch_size``: models a batch; None for all
        in one. ``ignore_conflicts`` leaves out what conflicts with rows that are there, and gives instances
        that know no keys; ``update_conflicts`` sets ``update_fields`` in those alike in ``unique_fields``.
        With either it is executed at once. Raises ValueError for arguments that do not go together,
        UnknownFieldError, InvalidLookupValueError, ViolationError, and UnsupportedOperationError for what is
        no list, of another class, or not unique.
        """
        checked_batch_size(batch_size)
        if not isinstance(values, Iterable):
            takes = f"a list of dicts and instances of {self.model_cls.__name__}"
            raise UnsupportedOperationError(f"bulk_create() takes {takes}, not {values!r}")
        conflict = conflicts.creating(
            self._names,
            ignore=ignore_conflicts,
            update=update_conflicts,
            update_fields=update_fields,
            unique_fields=unique_fields,
        )
        if conflict is not None:
            return await self._create_in_conflict(
                conflict, listed("bulk_create", values, self.model_cls), batch_size
            )
        drafts = [self._draft("bulk_create", each) for each in values]
        if not self._hooked:
            # Nothing is added where one is wrong.
            drafts = [execution.Draft({}, _there(draft.finish(draft.values))) for draft in drafts]
        query = self._flagged_query()
        models: list[Model] = []
        for start in range(0, len(drafts), batch_size or len(drafts) or 1):
            batch = drafts[start : start + batch_size] if batch_size else drafts
            models += await execution.insert(self._session, query, batch)
        return models

    async def upsert(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        match_fields: Iterable[str] = ("pk",),
        update_fields: Iterable[str] | Mapping[str, Any] | None = None,
        where: Any = None,
    ) -> Upserted[Any]:
        """Writes rows at once: new ones, and what those get that are there already; and tells which is which.

        ``match_fields`` say which row is which, and have to be unique in the table. ``update_fields`` are set
        in a row that is there: names, a dict of names and what they get (``{"n": F("n") + Proposed("n")}``),
        or None for all that is given but ``match_fields`` and the key. ``where``, a condition of the row that
        is there, says which are changed at all (``Q(at__lt=Proposed("at"))``).

        Raises UnknownFieldError, InvalidLookupValueError, ViolationError, and UnsupportedOperationError for
        what is not unique, two rows that are one, and what is missing.
        """
        given = listed("upsert", values, self.model_cls)
        conflict = conflicts.upserting(self._names, match_fields, update_fields, where)
        return await upserting.upsert(self._session, self._flagged_query(), conflict, given)

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
        found = await upserting.get_or_create(self._session, self._flagged_query(), conflict, given)
        return cast("list[tuple[Model, bool]]", found)

    async def existing_pks(self, pks: Iterable[Any]) -> set[Any]:
        """Those of primary keys, several columns as tuples, that rows have.

        Raises InvalidLookupValueError.
        """
        return await existing.existing_keys(self._session, self._flagged_query(), pks)

    def returning(self, *fields: str | None) -> Self:
        """A copy whose bulk writes give back models, or named tuples of ``fields``, or with None alone a bare
        number of rows."""
        return self._flagged("returning", of_bulk(self._names, fields))

    async def _create_in_conflict(
        self, conflict: conflicts.Conflict, values: list[Any], batch_size: int | None
    ) -> list[Model]:
        query = self._flagged_query()
        ignores = not conflict.sets
        models: list[Model] = []
        for start in range(0, len(values), batch_size or len(values) or 1):
            batch = values[start : start + batch_size] if batch_size else values
            if ignores:
                await upserting.create_or_ignore(self._session, query, conflict, batch)
                models += [
                    each if isinstance(each, self.model_cls) else self._made("bulk_create", each)
                    for each in batch
                ]
            else:
                models += await upserting.create_or_update(self._session, query, conflict, batch)
        return models

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


def _there(model: Any) -> Any:
    return lambda _: model
