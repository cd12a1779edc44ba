"""The hooks of a repository: code of the application that is called where rows are written."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Final, NoReturn

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import objects
from django_like_repos.execution.blocks import (
    WRITE,
    OpenBlock,
    check_commits_whole,
    check_own,
    close_block,
    first_of,
    leave_context,
    open_block,
)
from django_like_repos.execution.calling import outcome, yields
from django_like_repos.execution.outcomes import watch, why_lost
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.single import flush
from django_like_repos.execution.turns import end_of_block
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query

NAMES: Final = ("prepare_create", "prepare_update", "after_create", "after_update", "after_delete")


class Hooks:
    """Those hooks that a repository has."""

    __slots__ = ("_owner", "known")

    def __init__(self, owner: Any, known: frozenset[str]) -> None:
        self._owner = owner
        self.known = known

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, (type(self._owner).__name__, self.known)

    async def prepared(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """What a hook makes of values: what it returns, or what it has made of the dict it was given."""
        given = dict(values)
        returned = await self.called(name, given)
        if returned is None:
            return given
        if not isinstance(returned, Mapping):
            raise UnsupportedOperationError(
                f"{name}() of {type(self._owner).__name__} returned what is of {type(returned).__name__}: it "
                "returns the values, a dict, or None where it has changed those that it was given"
            )
        return dict(returned)

    async def called(self, name: str, written: Any) -> Any:
        """What a hook returns, awaited where it is to be."""
        if name not in self.known:
            return None
        returned = getattr(self._owner, name)(written)
        return await outcome(returned, f"{name}() of {type(self._owner).__name__}")


def check_hook(owner: str, name: str, hook: object) -> None:
    """Raises UnsupportedOperationError for a hook that nothing would run, since it yields."""
    if yields(hook):
        raise UnsupportedOperationError(
            f"{name}() of {owner} contains a yield, so that to call it runs nothing of it: "
            "a hook is a plain method, def, or a coroutine, async def, without yield"
        )


class Lost(Hooks):
    """The hooks of a repository that a pickled queryset has left behind."""

    def __init__(self, owner: str, known: frozenset[str]) -> None:
        super().__init__(owner, known)

    def __reduce__(self) -> tuple[Any, ...]:
        return Lost, (self._owner, self.known)

    async def called(self, name: str, written: Any) -> NoReturn:
        raise UnsupportedOperationError(
            f"this queryset came back from a pickle without its {self._owner}, whose hooks see what is "
            "written: write by a queryset of the repository"
        )


@asynccontextmanager
async def together(session: SomeSession | None, query: Query) -> AsyncIterator[Query]:
    """A block of operations and hooks that is undone as a whole where one fails; then the flags apply."""
    block = _Block(query)
    bare = query.evolve(flush=False, commit=False)
    if session is not None:
        sync = own(session).sync_session
        check_own(sync)
        if query.commit:
            # Before anything is written: afterwards it would be kept.
            check_commits_whole(sync)
    try:
        await write(session, bare, block.enter)
        yield bare
    except BaseException as error:
        if session is not None:
            await block.leave(own(session), error)
        raise
    assert session is not None
    await block.leave(own(session), None)
    if query.flush or query.commit:
        await write(session, query, lambda _: None)


class _Block:
    """A savepoint of which nobody within it can commit more than it."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._saved: AbstractContextManager[SessionTransaction] | None = None
        self._open: OpenBlock | None = None
        self._transaction: SessionTransaction | None = None

    def enter(self, session: Session) -> None:
        if self._query.settings.commit:
            check_commits_whole(session)
        # What is pending is the caller's, and so is what is wrong with it.
        flush(session, self._query.evolve(execution_options={}, flush=False, commit=False))
        saved = objects.savepoint(session, mapper_of(self._query.model))
        watch(session)
        self._transaction = saved.__enter__()
        self._saved = saved
        self._open = open_block(session, WRITE)

    async def leave(self, session: AsyncSession, error: BaseException | None) -> None:
        """Keeps what was written, or undoes it: when what another task runs in it is over.

        Raises RolledBackError where nothing can be kept.
        """
        if self._open is None:
            return
        assert self._transaction is not None
        torn = close_block(session.sync_session, self._open)
        left = leave_context(session.sync_session, self._transaction)
        try:
            async with end_of_block(session) as cancelled:
                lost = await session.run_sync(self._end, first_of(error, cancelled, torn))
        finally:
            left()
        untold = None if error is not None else first_of(torn, lost)
        if untold is not None:
            raise untold

    def _end(self, session: Session, error: BaseException | None) -> Exception | None:
        """Ends the savepoint; why nothing of it can be kept, where nobody has said so."""
        assert self._saved is not None
        assert self._transaction is not None
        lost = why_lost(session, self._transaction, WRITE) if error is None else None
        failed = first_of(error, lost)
        try:
            self._saved.__exit__(
                None if failed is None else type(failed),
                failed,
                None if failed is None else failed.__traceback__,
            )
        except BaseException as raised:
            if raised is not failed:
                raise
        return lost
