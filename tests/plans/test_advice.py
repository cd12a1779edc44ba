"""`advice()` of random chains, as if all tables were large: it fails on none, and its DDL makes indexes.

An index that is made is hinted no more.
"""

from typing import Any

import pytest
from hypothesis import given, note
from sqlalchemy import text

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
            # The tests' server has no pg_trgm.
            hinted = {hint.ddl for hint in advice.hints if "gin_trgm_ops" not in hint.ddl}
            for ddl in hinted:
                await session.execute(text(ddl.replace(":", r"\:")))
            again: Advice = await queryset.advice()
            assert hinted.isdisjoint({hint.ddl for hint in again.hints})
            await session.rollback()
