"""``atomic()`` and ``on_commit()``: what is kept as a whole or not at all, and what is done once it is kept.

A block belongs to a session. How it begins and ends says ``execution/atomic.py``, when callbacks are called
``execution/committed.py``, and what is run again ``execution/retrying.py``.
"""

import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar, overload

from sqlalchemy import Dialect
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos.database import Database
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.atomic import Block, is_inner
from django_like_repos.execution.calling import yields
from django_like_repos.execution.committed import OnCommit, register
from django_like_repos.execution.retrying import checked_retries, retried, retries_of
from django_like_repos.execution.sessions import check_session, own
from django_like_repos.repository import BaseRepository

P = ParamSpec("P")
T = TypeVar("T")
HasSession = AsyncSession | async_scoped_session[Any] | BaseRepository[Any, Any]


_ARGUMENT: Any = object()
"""Where a block is: in the session of the first argument."""


class Options(NamedTuple):
    """What ``atomic()`` was told."""

    savepoint: bool = True
    durable: bool = False
    retry: int | None = None

    def check_block(self) -> None:
        """Raises UnsupportedOperationError for what a block of ``async with`` cannot do."""
        if self.retry is not None:
            raise UnsupportedOperationError(
                "a block of async with cannot be run again: retry= goes with the decorator, "
                "@atomic(database, retry=3) over an async function"
            )

    def of_once(self) -> "Options":
        """The same of one try."""
        return self._replace(retry=None)

    async def begun(self, session: AsyncSession) -> Block:
        block = Block(session)
        await block.begin(savepoint=self.savepoint, durable=self.durable)
        return block


class AtomicSession:
    """``atomic()`` of a session, or of a repository: a block of ``async with``, or a decorator."""

    def __init__(self, session: AsyncSession, options: Options) -> None:
        self._session = session
        self._options = options
        self._open: list[Block] = []

    async def __aenter__(self) -> AsyncSession:
        self._options.check_block()
        self._open.append(await self._options.begun(self._session))
        return self._session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._open.pop().end(error)

    def __call__(self, function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        _check_async(function)

        @wraps(function)
        async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
            return await _run(self._session, self._options, lambda: function(*args, **kwargs))

        return whole


class AtomicDatabase:
    """``atomic()`` of a ``Database``, in a session of its own that ends with it: a block, or a decorator."""

    def __init__(self, database: Database, options: Options) -> None:
        self._database = database
        self._options = options
        self._open: tuple[AsyncSession, Block] | None = None

    async def __aenter__(self) -> AsyncSession:
        self._options.check_block()
        if self._open is not None:
            raise UnsupportedOperationError(
                "this atomic() is in use: each block has a session of its own, so write atomic(database) anew"
            )
        session = self._database.session_factory()
        self._open = session, await self._options.begun(session)
        return session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._open is not None
        (session, block), self._open = self._open, None
        async with session:
            await block.end(error)

    def __call__(
        self, function: Callable[Concatenate[AsyncSession, P], Coroutine[Any, Any, T]]
    ) -> Callable[P, Coroutine[Any, Any, T]]:
        _check_async(function)
        if next(iter(inspect.signature(function).parameters), "self") == "self":
            raise UnsupportedOperationError(
                "@atomic(database) gives its session to a function as the first argument, which "
                f"{function.__qualname__}() has no place for: (session, …). In a method, write "
                "async with atomic(…) as session"
            )

        @wraps(function)
        async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
            async def once() -> T:
                async with AtomicDatabase(self._database, self._options.of_once()) as session:
                    return await function(session, *args, **kwargs)

            return await retried(retries_of(self._options.retry, self._database.engine.dialect), once)

        # It takes other arguments.
        del whole.__wrapped__
        return whole


class AtomicArgument:
    """``@atomic`` of the session, or the repository, that a function is given first."""

    def __init__(self, options: Options) -> None:
        self._options = options

    def __call__(self, function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        _check_async(function)
        first = next(iter(inspect.signature(function).parameters), "")

        @wraps(function)
        async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
            given = args[0] if args else kwargs.get(first)
            if not isinstance(given, (AsyncSession, async_scoped_session, BaseRepository)):
                raise UnsupportedOperationError(
                    f"@atomic takes the session of what {function.__qualname__}() is given first, a session "
                    f"or a repository, and that is {type(given).__name__}: name one, @atomic(database), or "
                    "write async with atomic(…) in it"
                )
            return await _run(session_of(given), self._options, lambda: function(*args, **kwargs))

        return whole


@overload
def atomic(
    where: HasSession, /, *, savepoint: bool = ..., durable: bool = ..., retry: int | None = ...
) -> AtomicSession: ...
@overload
def atomic(
    where: Database, /, *, savepoint: bool = ..., durable: bool = ..., retry: int | None = ...
) -> AtomicDatabase: ...
@overload
def atomic(*, savepoint: bool = ..., durable: bool = ..., retry: int | None = ...) -> AtomicArgument: ...
@overload
def atomic(where: Callable[P, Coroutine[Any, Any, T]], /) -> Callable[P, Coroutine[Any, Any, T]]: ...


def atomic(
    where: Any = _ARGUMENT, /, *, savepoint: bool = True, durable: bool = False, retry: int | None = None
) -> Any:
    """A block whose work is kept as a whole or not at all (Django: ``transaction.atomic``).

    ``async with atomic(session | repository | database) as session``. The outermost block of a session
    commits at its end, also what a query has begun before it. One within another, within ``session.begin()``,
    in a UnitOfWork, or in a request whose session FastAPI injects, is a savepoint, and who is around it
    commits. A Database gives the block a session of its own. An error that leaves the block undoes its work.

    As a decorator of an async function: ``@atomic`` in the session of the first argument, a session or a
    repository; ``@atomic(session)``; ``@atomic(database)``, which passes its session as the first argument.

    ``savepoint=False``: within another block no savepoint of its own; if it fails, the one around it keeps
    nothing. ``durable=True``: refused where somebody else commits. ``retry``: how often the function is run
    again after a serialization failure, a deadlock, or SQLite's lock that was not given; the outermost alone,
    as a decorator alone; needs the extra ``retry``.

    Raises UnsupportedOperationError for these, and for a commit or a rollback by hand within a block;
    RolledBackError at the end of a block that had no error and is not kept.
    """
    options = Options(savepoint, durable, checked_retries(retry))
    if where is _ARGUMENT:
        return AtomicArgument(options)
    if isinstance(where, Database):
        return AtomicDatabase(where, options)
    if inspect.isfunction(where) or inspect.ismethod(where):
        return AtomicArgument(options)(where)
    return AtomicSession(session_of(where), options)


async def on_commit(callback: OnCommit, where: HasSession, /, *, robust: bool = True) -> None:
    """Has a function called, plain or async, when the transaction is committed (Django: ``on_commit``).

    ``where``: the session, or a repository of it. After the outermost commit, by whomever, and in the order
    in which they came; never if the transaction, or the savepoint around this call, is rolled back, or if the
    commit fails. Outside a transaction at once. The session is free by then; what a callback writes needs a
    transaction of its own. When the process dies in between, nobody calls it: see ``contrib.outbox``.

    An error of one is logged, and the others are called. With ``robust=False`` it is raised as an
    OnCommitError, which says that the commit is kept, and those after it are not called; outside a
    transaction as itself. Raises UnsupportedOperationError for what cannot be called, or yields.
    """
    if not callable(callback):
        raise UnsupportedOperationError(f"on_commit() takes a function without arguments, not {callback!r}")
    if yields(callback):
        raise UnsupportedOperationError(
            "on_commit() takes a function without yield, since to call one that has it runs nothing of it: "
            f"{callback!r}"
        )
    await register(session_of(where).sync_session, callback, robust=robust)


def session_of(where: HasSession) -> AsyncSession:
    """The session of a repository, or the session itself. Raises UnsupportedOperationError for others."""
    given = where._session if isinstance(where, BaseRepository) else where
    check_session(given)
    return own(given)


async def _run(session: AsyncSession, options: Options, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of work in a block of a session, run again as often as it may be."""
    within = is_inner(session.sync_session) or session.in_transaction()
    if within and options.retry is not None:
        raise UnsupportedOperationError(
            "atomic(retry=) stands within a transaction, of which it could run only its own part again: "
            "put retry= on the outermost, or use @atomic(database, retry=…), which has a session of its own"
        )

    async def once() -> T:
        async with AtomicSession(session, options.of_once()):
            return await work()

    return await retried(0 if within else retries_of(options.retry, _dialect_of(session)), once)


def _check_async(function: Callable[..., Any]) -> None:
    if not inspect.iscoroutinefunction(function):
        raise UnsupportedOperationError(
            f"atomic() decorates async functions, async def …, and not {function!r}"
        )


def _dialect_of(session: AsyncSession) -> Dialect | None:
    bind = session.sync_session.bind
    return None if bind is None else bind.dialect
