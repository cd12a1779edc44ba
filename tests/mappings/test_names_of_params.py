"""Columns that are called as params are: SQLAlchemy would refuse to set one that a condition's param has."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import F, QuerySet
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The model of this module."""


class Odd(Base):
    __tablename__ = "odd_params"

    id: Mapped[int] = mapped_column(primary_key=True)
    dlr_0: Mapped[int]
    other: Mapped[int] = mapped_column("dlr__1")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Odd(id=1, dlr_0=1, other=10), Odd(id=2, dlr_0=2, other=20), Odd(id=3, dlr_0=3, other=30)]


VALUES: dict[str, tuple[dict[str, Any], list[tuple[int, int]]]] = {
    "a value": ({"dlr_0": 7}, [(1, 10), (7, 20), (3, 30)]),
    "two": ({"dlr_0": 7, "other": 8}, [(1, 10), (7, 8), (3, 30)]),
    "what is computed": ({"other": F("dlr_0") + 5}, [(1, 10), (2, 7), (3, 30)]),
}


@pytest.mark.parametrize(("values", "expected"), VALUES.values(), ids=VALUES)
async def test_a_column_may_be_called_as_a_param(
    session: AsyncSession, values: dict[str, Any], expected: list[tuple[int, int]]
) -> None:
    odd = QuerySet(Odd, session)

    for _ in range(2):
        result = await odd.filter(dlr_0__gt=1, id__lt=3).exclude(other=0).update(**values)
        assert result.rowcount == 1
        assert await odd.order_by("id").values_list("dlr_0", "other") == expected


async def test_its_update(session: AsyncSession, sql: RecordedSQL) -> None:
    await QuerySet(Odd, session).filter(dlr_0=2).update(dlr_0=9)

    same_sql(
        sql.last.split(" RETURNING ")[0],
        "UPDATE odd_params SET dlr_0=? WHERE odd_params.dlr_0 = ? AND odd_params.id IN "
        "(SELECT DISTINCT odd_params.id FROM odd_params WHERE odd_params.dlr_0 = ?)",
    )
    assert (await session.execute(text("SELECT id FROM odd_params WHERE dlr_0 = 9"))).scalar() == 2
