"""Many rows at a time: what a repository writes in one call."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django_like_repos import execution
from django_like_repos.clauses.bulk_updating import given_rows
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.storing import Storing

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

Model = TypeVar("Model")


class Bulk(Storing[Model], Generic[Model]):
    """What a repository writes of many rows, with the hooks of ``Storing``."""

    async def bulk_create(
        self, values: Iterable[Mapping[str, Any] | Model], batch_size: int | None = None
    ) -> list[Model]:
        """New models of dicts or instances, added to the session; the flags apply after each batch.

        Values are read as in a filter, also those of instances. ``batch_size``: models a batch; None for all
        in one. Raises ValueError if it is not a positive whole number, UnknownFieldError,
        InvalidLookupValueError, and UnsupportedOperationError for what is no list, or of another class.
        """
        checked_batch_size(batch_size)
        if not isinstance(values, Iterable):
            takes = f"a list of dicts and instances of {self.model_cls.__name__}"
            raise UnsupportedOperationError(f"bulk_create() takes {takes}, not {values!r}")
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
