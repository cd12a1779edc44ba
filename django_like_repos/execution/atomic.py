"""One block of ``atomic()`` in one session: how it begins, and what of its work is kept at its end."""

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction, SessionTransactionOrigin

from django_like_repos.errors import RolledBackError, UnsupportedOperationError
from django_like_repos.execution import noting, objects
from django_like_repos.execution.blocks import (
    ATOMIC,
    SPOILED,
    OpenBlock,
    boundary_of,
    check_own,
    close_block,
    first_of,
    is_in_block,
    is_promised,
    leave_context,
    open_block,
    spoil,
)
from django_like_repos.execution.committed import calling_due
from django_like_repos.execution.outcomes import has_failed, watch, why_lost
from django_like_repos.execution.transactions import begin
from django_like_repos.execution.turns import commit_known, end_of_block, take_turn


class Block:
    """A transaction, a savepoint, or what is part of the one around it."""

    __slots__ = ("_before", "_commits", "_open", "_session", "_transaction", "_within")

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._transaction: SessionTransaction | None = None
        """What ends with the block."""
        self._commits = False
        """Whether more has to be committed at its end."""
        self._before: noting.Notes | None = None
        self._open: OpenBlock | None = None
        self._within: SessionTransaction | None = None
        """What a block without a savepoint is a part of."""

    async def begin(self, *, savepoint: bool, durable: bool) -> None:
        """Begins.

        Raises UnsupportedOperationError where somebody else commits what shall be durable, and where another
        task is in a block of the session.
        """
        sync = self._session.sync_session
        check_own(sync)
        # In what keeps nothing any more there is no savepoint to be made.
        if SPOILED not in sync.info:
            watch(sync)
            await self._begin(sync, savepoint, durable)
        if self._transaction is None:
            self._within = boundary_of(sync)
        self._open = open_block(sync, ATOMIC)

    async def _begin(self, sync: Session, savepoint: bool, durable: bool) -> None:
        turn = take_turn(self._session)
        try:
            inner = is_inner(sync)
            if durable and inner:
                raise UnsupportedOperationError(
                    "atomic(durable=True) stands within a transaction whose end somebody else decides, an "
                    "atomic(), a block of begin(), a UnitOfWork or a request: what it wrote could still be "
                    "undone. Begin it outside, or by atomic(database), which has a session of its own"
                )
            if not inner and not sync.in_transaction():
                self._transaction = sync.begin()
            elif savepoint or not inner:
                self._commits = not inner
                await self._session.run_sync(self._begin_savepoint)
            if self._transaction is not None:
                # From here on SQLAlchemy lets nothing run in the block once its transaction has ended.
                self._transaction.__enter__()
        finally:
            turn.end()

    def _begin_savepoint(self, sync: Session) -> None:
        _hold_savepoints(sync)
        self._transaction = sync.begin_nested()
        self._before = noting.watch(sync, self._transaction)

    async def end(self, error: BaseException | None) -> None:
        """Keeps the work of the block, or undoes it where there is an error.

        Raises RolledBackError where there is none, and nothing can be kept all the same;
        UnsupportedOperationError where somebody else has kept it.
        """
        sync = self._session.sync_session
        assert self._open is not None
        torn = close_block(sync, self._open)
        if self._transaction is None:
            failed = first_of(error, torn)
            if failed is not None:
                spoil(sync, self._within, failed)
            if torn is not None and error is None:
                raise torn
            return
        async with calling_due(sync):
            lost = await self._finish(sync, self._transaction, error, torn)
            if self._commits and error is None and lost is None:
                await self._commit(sync)
        if lost is not None:
            raise lost

    async def _finish(
        self,
        sync: Session,
        transaction: SessionTransaction,
        error: BaseException | None,
        torn: RolledBackError | None,
    ) -> Exception | None:
        """Ends the transaction; why it could not be kept, where nothing else says so."""
        session = self._session
        left = leave_context(sync, transaction)
        try:
            async with end_of_block(session) as cancelled:
                # Only now: whoever was waited for may have ended it.
                lost = torn or await self._why_lost(transaction) if error is None else None
                failed = first_of(error, cancelled, lost)
                if failed is not None:
                    await self._undo(transaction, failed)
                else:
                    with commit_known(sync):
                        await session.run_sync(lambda _: transaction.__exit__(None, None, None))
        finally:
            left()
            if self._before is not None:
                self._before.end()
        return lost

    async def _why_lost(self, transaction: SessionTransaction) -> Exception | None:
        if has_failed(self._session.sync_session):
            return await self._session.run_sync(why_lost, transaction, ATOMIC)
        return why_lost(self._session.sync_session, transaction, ATOMIC)

    async def _undo(self, transaction: SessionTransaction, error: BaseException) -> None:
        def undo(sync: Session) -> None:
            transaction.__exit__(type(error), error, None)
            if self._before is not None and isinstance(error, Exception):
                objects.load_again(sync, self._before, error)

        try:
            await self._session.run_sync(undo)
        except Exception as broken:  # noqa: BLE001 - drivers have their own
            # What failed first is what is told. With a connection that is lost, the database undoes.
            spoil(self._session.sync_session, boundary_of(self._session.sync_session), error)
            error.add_note(f"Its rollback failed, too: {broken}")

    async def _commit(self, sync: Session) -> None:
        try:
            with commit_known(sync):
                await self._session.commit()
        except BaseException:
            await self._session.rollback()
            raise


def is_inner(session: Session) -> bool:
    """Whether somebody else decides about what a block in the session writes.

    That is whoever has begun a block or a transaction, or has promised to commit at the end. What a query has
    begun by itself is nobody's.
    """
    if is_in_block(session) or is_promised(session) or session.in_nested_transaction():
        return True
    transaction = session.get_transaction()
    return transaction is not None and transaction.origin is not SessionTransactionOrigin.AUTOBEGIN


def _hold_savepoints(session: Session) -> None:
    """Has SQLite's transactions begun before their savepoints, in which the driver would not stand."""
    root = session.get_transaction()
    for joined in set() if root is None else set(root._connections.values()):
        begin(joined[0])
    elsewhere = session.bind is not None and session.bind.dialect.name != "sqlite"
    if not elsewhere and not event.contains(session, "after_begin", _begin_before_savepoint):
        event.listen(session, "after_begin", _begin_before_savepoint)


def _begin_before_savepoint(
    session: Session, transaction: SessionTransaction, connection: Connection
) -> None:
    if not transaction.nested and session.in_nested_transaction():
        begin(connection)
