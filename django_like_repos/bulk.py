"""Many rows at a time: what a repository writes in one call."""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

from django_like_repos import execution
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.storing import Storing

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
        if batch_size is not None and (type(batch_size) is not int or batch_size <= 0):
            raise ValueError(f"batch_size must be a positive whole number, not {batch_size!r}")
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


def _there(model: Any) -> Any:
    return lambda _: model
