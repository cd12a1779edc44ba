"""`advice()` of random chains, as if all tables were large: it fails on none, and its DDL makes indexes."""

from typing import Any

import pytest
from hypothesis import given, note
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Advice
from django_like_repos.advice import hints
from tests.examples import examples
from tests.plans.chains import chains
from tests.plans.computed_chains import computed_chains
from tests.plans.office import Office
from tests.plans.twins import Twins


@examples(60)
@given(twins=chains(alike=True) | computed_chains(alike=True))
async def test_advice(any_office: Office, twins: Twins) -> None:
    queryset: Any = twins[0].all()
    if queryset._query.never:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hints, "TINY", 0)
        async with any_office.database.session() as session:
            queryset._session = session
            advice: Advice = await queryset.advice()
            note(str(advice))
            for hint in advice.hints:
                await _make(session, hint.ddl)
            await session.rollback()


async def _make(session: AsyncSession, ddl: str) -> None:
    # The tests' server has no pg_trgm.
    if "gin_trgm_ops" not in ddl:
        await session.execute(text(ddl.replace(":", r"\:")))
