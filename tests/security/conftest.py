"""Two tenants: of one are two accounts, of the other one."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from tests.security.models import Account, AccountRepository, Base, Tenant


@pytest.fixture
async def session(fresh_database: Database) -> AsyncIterator[AsyncSession]:
    await fresh_database.create_all(Base.metadata)
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    async with fresh_database.session() as session:
        session.add_all([Tenant(id=1, name="ours"), Tenant(id=2, name="theirs")])
        await session.flush()
        for number, (login, tenant) in enumerate((("ann", 1), ("bob", 1), ("eve", 2)), 1):
            account = Account(id=number, login=login, password=f"secret-{login}", seen=seen, data={"a": 1})
            account.tenant_id = tenant
            session.add(account)
        await session.flush()
        yield session


@pytest.fixture
def accounts(session: AsyncSession) -> AccountRepository:
    return AccountRepository(session)
