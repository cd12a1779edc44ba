"""The hooks of a repository: code of the application that is called where rows are written."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from inspect import isawaitable
from typing import Any, Final, NoReturn

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import objects
from django_like_repos.execution.blocks import WRITE, close_block, open_block
from django_like_repos.execution.outcomes import watch, why_lost
from django_like_repos.execution.running import write
from django_like_repos.execution.sessions import SomeSession, own
from django_like_repos.execution.turns import last_turn, patience_of
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
        return given if returned is None else dict(returned)

    async def called(self, name: str, written: Any) -> Any:
        """What a hook returns, awaited where it is to be."""
        if name not in self.known:
            return None
        returned = getattr(self._owner, name)(written)
        return await returned if isawaitable(returned) else returned


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
    await write(session, bare, block.enter)
    assert session is not None
    try:
        yield bare
    except BaseException as error:
        await _leave(own(session), block, error)
        raise
    await _leave(own(session), block, None)
    if query.flush or query.commit:
        await write(session, query, lambda _: None)


async def _leave(session: AsyncSession, block: "_Block", error: BaseException | None) -> None:
    # However its hooks have left the session: a block that is not left is in the way of all that follows.
    async with last_turn(session, patience_of(session)):
        await session.run_sync(block.leave, error)


class _Block:
    """A savepoint of which nobody within it can commit more than it."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._saved: AbstractContextManager[SessionTransaction] | None = None
        self._transaction: SessionTransaction | None = None

    def enter(self, session: Session) -> None:
        # What is pending is the caller's, and so is what is wrong with it.
        session.flush()
        saved = objects.savepoint(session, mapper_of(self._query.model))
        watch(session)
        self._transaction = saved.__enter__()
        self._saved = saved
        open_block(session, WRITE)

    def leave(self, session: Session, error: BaseException | None) -> None:
        """Keeps what was written, or undoes it. Raises RolledBackError where nothing can be kept."""
        assert self._saved is not None
        assert self._transaction is not None
        close_block(session)
        lost = why_lost(session, self._transaction, WRITE) if error is None else None
        error = error or lost
        try:
            self._saved.__exit__(
                type(error) if error else None, error, error.__traceback__ if error else None
            )
        except BaseException as raised:
            if raised is not error:
                raise
        if lost is not None:
            raise lost
