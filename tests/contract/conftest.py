"""The contract's repository on the help centre, and what its session did."""

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from tests.contract.examples import SectionRepository


@pytest.fixture
def sections(session: AsyncSession) -> SectionRepository:
    return SectionRepository(session)


@pytest.fixture
def writes(session: AsyncSession) -> list[str]:
    """The words flush and commit, in the order in which the session did them; flushing nothing is none."""
    seen: list[str] = []

    def committed(session: Session) -> None:
        if not session.in_nested_transaction():  # the end of a savepoint is no commit
            seen.append("commit")

    event.listen(session.sync_session, "after_flush", lambda *_: seen.append("flush"))
    event.listen(session.sync_session, "after_commit", committed)
    return seen
