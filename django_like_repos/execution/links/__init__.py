"""Rows related to an object: linked and unlinked, each operation undone whole where one part fails.

Where a table lies between, its rows are written; else the foreign keys of the related rows.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from django_like_repos.clauses.linking import Member, check_clears, keys_of
from django_like_repos.execution import hooked, single
from django_like_repos.execution.creating import Attributes, Values
from django_like_repos.execution.creating import get_or_create as found_or_created
from django_like_repos.execution.creating import update_or_create as updated_or_created
from django_like_repos.execution.hooked import Draft
from django_like_repos.execution.hooks import together
from django_like_repos.execution.links import between, foreign
from django_like_repos.execution.links.current import Change, is_watched, keep_current
from django_like_repos.execution.links.owner import Ends as Ends
from django_like_repos.execution.links.owner import values_of as values_of
from django_like_repos.execution.running import write
from django_like_repos.execution.violations import told
from django_like_repos.query import Query
from django_like_repos.statements.links import Key

Given = Mapping[str, Any]
"""Values of columns of the table between."""
Work = Callable[[Query, list[Key]], Awaitable[Change]]


async def add(ends: Ends, members: Sequence[Member], given: Given) -> None:
    """Relates rows to the object, but for those that are."""
    if members:
        await _whole(ends, "add", members, lambda bare, keys: _add(ends, bare, keys, given))


async def remove(ends: Ends, members: Sequence[Member]) -> None:
    """Has rows related to the object no more."""
    if members:
        await _whole(ends, "remove", members, lambda bare, keys: _remove(ends, bare, keys, "remove"))


async def clear(ends: Ends) -> None:
    """Has nothing related to the object any more."""
    await _whole(ends, "clear", (), lambda bare, _: _remove(ends, bare, None, "clear"))


async def replace(ends: Ends, members: Sequence[Member], given: Given, *, clears: bool) -> None:
    """Has these rows related to the object, and no others; ``clears``: all links are made anew."""

    async def work(bare: Query, keys: list[Key]) -> Change:
        if clears:
            removed = await _remove(ends, bare, None, "set")
            return removed.also(await _add(ends, bare, keys, given))
        there = dict.fromkeys(await write(ends.session, bare, lambda sync: _keys_at(sync, ends, bare, keys)))
        wanted = dict.fromkeys(keys)
        gone = [key for key in there if key not in wanted]
        new = [key for key in keys if key not in there]
        if gone:
            check_clears(ends.link, "set")
        if ends.link.between is None or not ends.link.between.alone:
            removed = await _remove(ends, bare, gone, "set") if gone else Change()
            return removed.also(await _add(ends, bare, new, given))
        # Who has taken away a link waits for nobody who may want to make it.
        added = await _add(ends, bare, new, given)
        return added.also(await _remove(ends, bare, gone, "set") if gone else Change())

    await _whole(ends, "set", members, work)


class Sought(NamedTuple):
    """A related row that is looked for, or else made: each part is asked when the owner has its key."""

    query: Callable[[], Query]
    attributes: Attributes
    defaults: Values


async def create(ends: Ends, drafts: Callable[[], Sequence[Draft]], given: Given) -> list[Any]:
    """New rows, related to the object."""
    made: list[Any] = []

    async def work(bare: Query, _: list[Key]) -> Change:
        flushed = bare.evolve(flush=True)
        await write(ends.session, bare, lambda sync: values_of(sync, ends.link, ends.obj))
        made.extend(await _inserted(ends, flushed, drafts()))
        return await _relate(ends, bare, made, given)

    await _whole(ends, "create", (), work)
    return made


async def _inserted(ends: Ends, query: Query, drafts: Sequence[Draft]) -> list[Any]:
    if query.settings.hooks is not None:
        return await hooked.insert(ends.session, query, drafts)
    models = [draft.finish(draft.values) for draft in drafts]
    await write(ends.session, query, lambda sync: single.add(sync, query, models))
    return models


async def get_or_create(ends: Ends, sought: Sought, given: Given) -> tuple[Any, bool]:
    """The only related row that is sought, or a new one that is related; whether it is new."""
    attributes, defaults = sought.attributes, sought.defaults

    async def find(query: Query) -> tuple[Any, bool]:
        if query.settings.hooks is not None:
            return await hooked.get_or_create(ends.session, query, attributes, defaults)
        return await write(
            ends.session, query, lambda sync: found_or_created(sync, query, attributes, defaults)
        )

    return await _found(ends, "get_or_create", find, sought, given)


async def update_or_create(ends: Ends, sought: Sought, changes: Values, given: Given) -> tuple[Any, bool]:
    """The only related row that is sought, changed, or a new one that is related; whether it is new."""
    attributes, defaults = sought.attributes, sought.defaults

    async def find(query: Query) -> tuple[Any, bool]:
        if query.settings.hooks is not None:
            return await hooked.update_or_create(ends.session, query, attributes, defaults, changes)
        return await write(
            ends.session, query, lambda sync: updated_or_created(sync, query, attributes, defaults, changes)
        )

    return await _found(ends, "update_or_create", find, sought, given)


async def _found(
    ends: Ends,
    verb: str,
    find: Callable[[Query], Awaitable[tuple[Any, bool]]],
    sought: Sought,
    given: Given,
) -> tuple[Any, bool]:
    answers: list[tuple[Any, bool]] = []

    async def work(bare: Query, _: list[Key]) -> Change:
        await write(ends.session, bare, lambda sync: values_of(sync, ends.link, ends.obj))
        obj, created = await find(sought.query().evolve(flush=False, commit=False))
        answers.append((obj, created))
        return await _relate(ends, bare, [obj], given) if created else Change()

    await _whole(ends, verb, (), work)
    return answers[0]


async def _whole(ends: Ends, verb: str, members: Sequence[Member], work: Work) -> None:
    """Does work with the keys of members, which a flush gives them; then the flags apply."""
    keys: list[Key] = []
    try:
        async with together(ends.session, ends.query) as bare:
            keys += keys_of(ends.link, ends.query.names.zone, members)
            with told(verb, ends.query.model, f"{ends.link}"):
                change = await work(bare, keys)
            if change.added or change.removed:
                # When nothing can fail any more: what is loaded is not rolled back.
                await write(
                    ends.session, bare, lambda sync: keep_current(sync, bare, ends.link, ends.obj, change)
                )
    except IntegrityError as error:
        if keys and ends.link.between is not None:
            await _tell_missing(ends, keys, error)
        raise


async def _tell_missing(ends: Ends, keys: Sequence[Key], error: IntegrityError) -> None:
    bare = ends.query.evolve(flush=False, commit=False)

    def work(sync: Session) -> None:
        between.tell_missing(sync, bare, ends.link, keys, error)

    await write(ends.session, bare, work)


async def _relate(ends: Ends, bare: Query, made: Sequence[Any], given: Given) -> Change:
    """Relates new rows, whose foreign keys are set already where there are such."""
    keys = keys_of(ends.link, bare.names.zone, [Member(None, each) for each in made])
    return Change(keys) if ends.link.between is None else await _add(ends, bare, keys, given)


async def _add(ends: Ends, bare: Query, keys: Sequence[Key], given: Given) -> Change:
    if keys and ends.link.between is None:
        await foreign.point(ends, bare, keys)
    elif keys:

        def work(sync: Session) -> None:
            values = values_of(sync, ends.link, ends.obj)
            between.insert(sync, bare, ends.link, values, keys, given)

        await write(ends.session, bare, work)
    return Change(keys)


async def _remove(ends: Ends, bare: Query, keys: Sequence[Key] | None, verb: str) -> Change:
    if ends.link.between is None:
        return Change(removed=await foreign.empty(ends, bare, keys, verb))

    def work(sync: Session) -> list[Key]:
        values = values_of(sync, ends.link, ends.obj)
        tells = is_watched(sync, ends.link, ends.obj)
        return between.delete(sync, bare, ends.link, values, keys, tells=tells)

    return Change(removed=await write(ends.session, bare, work))


def _keys_at(session: Session, ends: Ends, bare: Query, wanted: Sequence[Key]) -> list[Key]:
    """The keys of all rows that are related to the object."""
    if ends.link.between is None:
        return foreign.keys_at(session, ends, bare, wanted)
    return between.linked(session, bare, ends.link, values_of(session, ends.link, ends.obj))
