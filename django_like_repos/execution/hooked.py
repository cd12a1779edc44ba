"""Operations that write, with the hooks of a repository around them: each undone whole where one fails."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.base import NO_VALUE

from django_like_repos.clauses.instances import resolved
from django_like_repos.execution import creating, single, writing
from django_like_repos.execution.creating import Attributes, Values
from django_like_repos.execution.hooks import Hooks, together
from django_like_repos.execution.reading import only
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.query import Query
from django_like_repos.statements.assignments import prepared

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written


class Draft(NamedTuple):
    """An object to be: its values, and what makes it of them."""

    values: Mapping[str, Any]
    finish: Callable[[Mapping[str, Any]], Any]


def draft_of(obj: Any, finish: Callable[[Any], object]) -> Draft:
    """An object that is there already: what it has, and how it is given what a hook makes of that."""
    given = _held(inspect(obj))

    def finished(values: Mapping[str, Any]) -> Any:
        _set(obj, given, values)
        finish(obj)
        return obj

    return Draft(given, finished)


def _held(state: InstanceState[Any]) -> dict[str, Any]:
    """What was set of the columns of an object: of one that has a row, what has changed."""
    keys = state.committed_state if state.persistent else state.dict
    return {key: state.dict[key] for key in keys if key in state.mapper.column_attrs and key in state.dict}


def _taken_back(state: InstanceState[Any]) -> dict[str, Any]:
    """What has changed in an object, or what one has that is not the session's.

    The session's own is as it was then: what it flushes as it begins a savepoint is not undone with that.
    """
    given = _held(state)
    for key in given if state.persistent else ():
        before = state.committed_state[key]
        if before is NO_VALUE:
            state._expire_attributes(state.dict, [key])
        else:
            set_committed_value(state.obj(), key, before)
    return given


def _set(obj: Any, before: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if name not in before or before[name] is not value:
            setattr(obj, name, value)


async def insert(session: SomeSession | None, query: Query, drafts: Sequence[Draft]) -> list[Any]:
    """Objects of drafts, added to the session."""
    async with together(session, query) as bare:
        return await insert_within(session, bare, query.settings.hooks, drafts)


async def insert_within(
    session: SomeSession | None,
    query: Query,
    hooks: Hooks,
    drafts: Sequence[Draft],
    watched: Callable[[], AbstractContextManager[Any]] = nullcontext,
    checked: Callable[[Sequence[Any]], None] | None = None,
) -> list[Any]:
    """The same within a block of ``together()``; ``watched`` is what the flush is done in.

    ``checked`` looks at the objects before they are written.
    """
    values = [await hooks.prepared("prepare_create", draft.values) for draft in drafts]
    models = [draft.finish(each) for draft, each in zip(drafts, values, strict=True)]
    if checked is not None:
        checked(models)

    def work(sync: Session) -> None:
        sync.add_all(models)
        with watched():
            single.flush(sync, query)

    await write(session, query, work)
    await hooks.called("after_create", models)
    return models


async def update(session: SomeSession | None, query: Query, values: Mapping[str, Any]) -> "Written":
    """Runs an UPDATE."""
    hooks: Hooks = query.settings.hooks
    keys: list[Any] = []
    async with together(session, query) as bare:
        assigned = prepared(bare, await hooks.prepared("prepare_update", values))
        result = await write(session, bare, lambda sync: writing.update(sync, bare, assigned, keys))
        await hooks.called("after_update", keys)
    return result


async def delete(
    session: SomeSession | None, query: Query, work: Callable[[Session, Query, list[Any]], "Written"]
) -> "Written":
    """Deletes rows, whose keys the work puts into its list."""
    hooks: Hooks = query.settings.hooks
    keys: list[Any] = []
    async with together(session, query) as bare:
        result = await write(session, bare, lambda sync: work(sync, bare, keys))
        await hooks.called("after_delete", keys)
    return result


async def update_one(session: SomeSession | None, query: Query, obj: Any) -> Any:
    """Stores what an object has in its row."""
    hooks: Hooks = query.settings.hooks
    first = query.evolve(flush=False, commit=False)
    given = await write(session, first, lambda sync: _taken_back(single.checked(query, obj, "update", sync)))
    async with together(session, query) as bare:
        _set(obj, {}, await hooks.prepared("prepare_update", given))

        def work(sync: Session) -> Any:
            found = single.updated(sync, bare, obj)
            single.flush(sync, bare)
            return found

        found = await write(session, bare, work)
        await hooks.called("after_update", [found])
    return found


async def get_or_create(
    session: SomeSession | None, query: Query, attributes: Attributes, defaults: Values
) -> tuple[Any, bool]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    async with together(session, query) as bare:
        found = await write(session, bare, lambda sync: only(sync, bare))
        if found is not None:
            return found, False
        return await _create_or_find(session, bare, attributes, defaults, "get_or_create")


async def update_or_create(
    session: SomeSession | None,
    query: Query,
    attributes: Attributes,
    defaults: Values,
    changes: Values,
) -> tuple[Any, bool]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""
    hooks: Hooks = query.settings.hooks
    async with together(session, query) as bare:
        model = await write(session, bare, lambda sync: creating.find_locked(sync, bare))
        if model is None:
            model, created = await _create_or_find(session, bare, attributes, defaults, "update_or_create")
            if created:
                return model, True
            model = await write(session, bare, lambda sync: creating.find_locked(sync, bare)) or model
        values = await hooks.prepared("prepare_update", resolved(changes))
        await write(session, bare, lambda sync: creating.change(sync, bare, model, values))
        await hooks.called("after_update", [model])
    return model, False


async def _create_or_find(
    session: SomeSession | None, query: Query, attributes: Attributes, defaults: Values, verb: str
) -> tuple[Any, bool]:
    hooks: Hooks = query.settings.hooks
    values = await hooks.prepared("prepare_create", {**attributes(), **resolved(defaults)})
    model, created = await write(
        session, query, lambda sync: creating.create_or_find(sync, query, lambda: values, verb)
    )
    if created:
        await hooks.called("after_create", [model])
    return model, created
