"""One row at a time: what a repository creates, stores and deletes, and the hooks that see it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Never, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import execution
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.hooks import NAMES, Hooks, check_hook
from django_like_repos.query import Names, Query

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

Model = TypeVar("Model")

_NOTHING: Any = object()


class Storing(Generic[Model]):
    """What a repository writes, with hooks for subclasses to override, plain methods or coroutines.

    A hook runs in the transaction of what it sees, on every way to write through the repository and its
    querysets; an error in one undoes the whole operation. Where there are any, what is written is flushed.
    """

    model_cls: type[Model]
    _session: AsyncSession
    _names: Names
    _zone: str
    _shown: bool
    _hooked: ClassVar[frozenset[str]] = frozenset()

    if TYPE_CHECKING:

        @property
        def objects(self) -> Any: ...

        def _flagged_query(self) -> Query: ...

        def _flagged(self, name: str, value: object) -> Self: ...

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        own = [name for name in NAMES if getattr(cls, name) is not getattr(Storing, name)]
        for name in own:
            check_hook(cls.__name__, name, getattr(cls, name))
        cls._hooked = frozenset(own)

    async def create(self, /, **kw: Any) -> Model:
        """A new model, added to the session; the flags say whether it is flushed or committed.

        Values are read as in a filter; what a flush leaves to the database is loaded. Raises
        UnknownFieldError and InvalidLookupValueError.
        """
        draft = execution.Draft(kw, partial(self._made, "create"))
        model: Model = (await execution.insert(self._session, self._query_of_objects("create"), [draft]))[0]
        return model

    async def add(self, obj: Model, /) -> Model:
        """An object that is new, added to the session with the new ones that it leads to.

        Otherwise as ``create()``. Raises UnsupportedOperationError for one that has a row already.
        """
        if isinstance(obj, self.model_cls):
            execution.check_new(self._session, obj)
        draft = self._draft("add", obj)
        model: Model = (await execution.insert(self._session, self._query_of_objects("add"), [draft]))[0]
        return model

    async def update(self, obj: Model = _NOTHING, /, **kw: Never) -> Model:
        """Stores what an object has in the row of its key: a detached one, a plain one, or the session's own.

        Gives the session's object, as ``merge()`` does. Raises DoesNotExist where there is no such row,
        StaleObjectError where it has another version than the object, InvalidLookupValueError, and
        UnsupportedOperationError for an object without a key.
        """
        if obj is _NOTHING or kw:
            raise UnsupportedOperationError(
                "update() of a repository takes an object; rows are updated by self.objects.update(…)"
            )
        model: Model = await execution.update_one(self._session, self._query_of_objects("update"), obj)
        return model

    async def save(self, obj: Model, /) -> Model:
        """Stores what an object has: in the row of its key, or where there is none in a new one.

        Gives the session's object. Raises what ``add()`` and ``update()`` raise.
        """
        model: Model = await execution.save(self._session, self._query_of_objects("save"), obj)
        return model

    async def delete(self, obj: Model | None = None, /, **kw: Any) -> "Written":
        """Deletes the row of an object, or the rows that lookups find, at once.

        With an object the cascades of the mapping are done too. Raises DoesNotExist and StaleObjectError for
        an object whose row is not there or has another version, and UnsupportedOperationError for neither.
        """
        if (obj is None) is not bool(kw):
            raise UnsupportedOperationError(
                "delete() takes an object, or lookups; all rows are deleted by self.objects.delete()"
            )
        if obj is None:
            written: Written = await self.objects.filter(**kw).delete()
            return written
        return await execution.delete_one(self._session, self._query_of_objects("delete"), obj)

    # Hooks: these do nothing, and are not called.

    def prepare_create(self, values: dict[str, Any], /) -> Any:
        """Sees the values of a new row before they are read: changes them, or returns others."""

    def prepare_update(self, values: dict[str, Any], /) -> Any:
        """Sees what is to be set, of one object or of all rows of a queryset: changes it, or returns else."""

    def after_create(self, objs: Sequence[Model], /) -> Any:
        """Sees new objects after they were flushed."""

    def after_update(self, written: Sequence[Any], /) -> Any:
        """Sees the object that was changed, or the keys of the rows that a queryset has written."""

    def after_delete(self, keys: Sequence[Any], /) -> Any:
        """Sees the keys of rows that were deleted."""

    def _own_hooks(self) -> Hooks | None:
        return Hooks(self, self._hooked) if self._hooked else None

    def _query_of_objects(self, verb: str) -> Query:
        """The query of what gives objects themselves. Raises UnsupportedOperationError after returning()."""
        query = self._flagged_query()
        if query.returning is not None:
            raise UnsupportedOperationError(
                f"{verb}() does not give what returning() chooses: bulk_create(), upsert() and "
                f"others for many rows do; call {verb}() of the repository without it"
            )
        return query

    def _draft(self, verb: str, value: Model) -> execution.Draft:
        if isinstance(value, self.model_cls):
            return execution.draft_of(value, partial(execution.read_graph, self._session, self._zone, verb))
        raise UnsupportedOperationError(
            f"{verb}() takes an instance of {self.model_cls.__name__}, not {value!r}"
        )

    def _made(self, verb: str, values: Mapping[str, Any]) -> Model:
        model: Model = execution.made(self._names, verb, values)
        execution.read_related(self._session, self._zone, verb, model)
        return model
