"""Rows related to an object: linked and unlinked, each operation undone whole where one part fails.

Where a table lies between, its rows are written; else the foreign keys of the related rows.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.clauses.linking import Member, check_clears, held, keys_of
from django_like_repos.clauses.projecting import projected
from django_like_repos.errors import UnsupportedOperationError
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
from django_like_repos.execution.reading import fetch
from django_like_repos.execution.refreshing import load_columns
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
        await _whole(ends, "add", members, lambda bare, keys: _add(ends, bare, keys, given, "add"))


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
            return removed.also(await _add(ends, bare, keys, given, "set"))
        there = dict.fromkeys(await write(ends.session, bare, lambda sync: _keys_at(sync, ends, bare, keys)))
        wanted = dict.fromkeys(keys)
        gone = [key for key in there if key not in wanted]
        new = [key for key in keys if key not in there]
        # What was read is locked, where there are locks and foreign keys.
        if gone:
            check_clears(ends.link, "set")
        if ends.link.between is None or not ends.link.between.alone:
            removed = await _remove(ends, bare, gone, "set", known=True) if gone else Change()
            return removed.also(await _add(ends, bare, new, given, "set", known=True))
        # Who has taken away a link waits for nobody who may want to make it.
        added = await _add(ends, bare, new, given, "set", known=True)
        return added.also(await _remove(ends, bare, gone, "set", known=True) if gone else Change())

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
            keys += await _keys_of(ends, bare, members)
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


async def _keys_of(ends: Ends, bare: Query, members: Sequence[Member]) -> list[Key]:
    """The keys of members; those of objects that have forgotten theirs are loaded."""
    models = [each.obj for each in members if each.key is None]
    if models:
        names = [field.key for field in ends.link.keys]
        model = ends.link.target.class_
        await write(ends.session, bare, lambda sync: load_columns(sync, model, models, names))
    return keys_of(ends.link, ends.query.names.zone, members)


async def _relate(ends: Ends, bare: Query, made: Sequence[Any], given: Given) -> Change:
    """Relates new rows, whose foreign keys are set already where there are such."""
    keys = await _keys_of(ends, bare, [Member(None, each) for each in made])
    if ends.link.between is None:
        await write(ends.session, bare, lambda sync: _check_owned(sync, ends, made))
        return Change(keys)
    return await _add(ends, bare, keys, given, "create")


def _check_owned(session: Session, ends: Ends, made: Sequence[Any]) -> None:
    """Raises UnsupportedOperationError where a new row refers to another owner, as a hook may have it do."""
    link, values = ends.link, values_of(session, ends.link, ends.obj)
    own = tuple([values[name] for name in link.owned])
    for each in made:
        if held(instance_state(each), [field.key for field in link.foreign]) != own:
            names = ", ".join([field.key for field in link.foreign])
            raise UnsupportedOperationError(
                f"create() of {link}: a new {type(each).__name__} is of another {names} than it was to have, "
                "by what was set on it or by prepare_create(): let related() say whose it is"
            )


async def _add(
    ends: Ends, bare: Query, keys: Sequence[Key], given: Given, verb: str, *, known: bool = False
) -> Change:
    """Relates rows; ``known``, where none of them is related, and those that are locked first are locked."""
    if keys and ends.link.between is None:
        await foreign.point(ends, bare, keys, verb, locked=known)
    elif keys:

        def work(sync: Session) -> None:
            values = values_of(sync, ends.link, ends.obj)
            between.insert(sync, bare, ends.link, values, keys, given, new=known)

        await write(ends.session, bare, work)
    return Change(keys)


async def _remove(
    ends: Ends, bare: Query, keys: Sequence[Key] | None, verb: str, *, known: bool = False
) -> Change:
    """Has rows related no more; ``known``, where they were found to be so, and locked."""
    shown = None if known else await write(ends.session, bare, lambda sync: _shown(sync, ends))
    if shown is not None:
        asked = keys
        keys = [*shown] if keys is None else [key for key in keys if key in shown]
        if asked is not None and ends.link.between is None and verb == "remove":
            foreign.check_related(ends, asked, keys)
        if not keys:
            return Change()
    if ends.link.between is None:
        return Change(removed=await foreign.empty(ends, bare, keys, verb, locked=known))
    chosen = keys

    def work(sync: Session) -> list[Key]:
        values = values_of(sync, ends.link, ends.obj)
        tells = is_watched(sync, ends.link, ends.obj)
        return between.delete(sync, bare, ends.link, values, chosen, tells=tells)

    return Change(removed=await write(ends.session, bare, work))


def _keys_at(session: Session, ends: Ends, bare: Query, wanted: Sequence[Key]) -> list[Key]:
    """The keys of all rows that are related to the object, of those that the repository shows."""
    if ends.link.between is None:
        found = foreign.keys_at(session, ends, bare, wanted)
    else:
        found = between.linked(session, bare, ends.link, values_of(session, ends.link, ends.obj))
    shown = _shown(session, ends)
    return found if shown is None else [key for key in found if key in shown]


def _shown(session: Session, ends: Ends) -> dict[Key, None] | None:
    """The keys of related rows that the repository shows; None where it hides none."""
    if ends.shown is None:
        return None
    values_of(session, ends.link, ends.obj)
    names = tuple([field.key for field in ends.link.keys])
    rows = fetch(session, projected(ends.shown(), "values_list", names, "tuple"))
    return dict.fromkeys([tuple(row) for row in rows])
