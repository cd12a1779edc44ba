"""Lookups of multiranges: with an element, a range, several ranges, and columns of each."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import ARRAY, URL, Integer
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, INT4MULTIRANGE, INT4RANGE, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import Database, F, InvalidLookupValueError, QuerySet
from django_like_repos.contrib.postgres.lookups import Overlap
from django_like_repos.language.lookups.text import Contains as ContainsText
from django_like_repos.language.operands import Target
from django_like_repos.lookups import Contains
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import names
from tests.postgres import new_database


class Base(DeclarativeBase):
    pass


class Room(Base):
    __tablename__ = "rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    wanted: Mapped[int | None]
    free: Mapped[Any] = mapped_column(INT4MULTIRANGE, nullable=True)
    days: Mapped[Any] = mapped_column(DATEMULTIRANGE, nullable=True)
    one: Mapped[Any] = mapped_column(INT4RANGE, nullable=True)
    numbers: Mapped[Any] = mapped_column(ARRAY(Integer), nullable=True)


@pytest.fixture(scope="module")
async def rooms(postgres: URL) -> AsyncIterator[AsyncSession]:
    async with new_database(postgres) as url, Database(url) as database, database.session() as session:
        await database.create_all(Base.metadata)
        may = Range(date(2026, 5, 1), date(2026, 6, 1))
        session.add_all(
            [
                Room(id=1, wanted=5, free=[Range(1, 10), Range(20, 30)], days=[may], one=Range(1, 10)),
                Room(id=2, wanted=25, free=[Range(20, 30)], one=Range(5, 25)),
                Room(id=3),
                Room(id=4, free=[]),
            ]
        )
        await session.flush()
        yield session


FOUND: dict[str, tuple[dict[str, Any], list[int]]] = {
    "an element": ({"free__contains": 5}, [1]),
    "an element between": ({"free__contains": 15}, []),
    "an element as text": ({"free__contains": "25"}, [1, 2]),
    "an element of dates": ({"days__contains": "2026-05-31"}, [1]),
    "a pair": ({"free__contains": (1, 3)}, [1]),
    "a range": ({"free__contains": Range(1, 3)}, [1]),
    "ranges": ({"free__contains": [(1, 3), Range(21, 22)]}, [1]),
    "ranges, one of them outside": ({"free__contains": [(1, 3), (15, 16)]}, []),
    "a column of elements": ({"free__contains": F("wanted")}, [1, 2]),
    "a column of ranges": ({"free__contains": F("one")}, [1]),
    "a column of multiranges": ({"free__contains": F("free")}, [1, 2, 4]),
    "contained by a range": ({"free__contained_by": (0, 30)}, [1, 2, 4]),
    "contained by ranges": ({"free__contained_by": [(19, 30)]}, [2, 4]),
    "an overlap": ({"free__overlap": (9, 12)}, [1]),
    "no overlap": ({"free__overlap": [(10, 20), (30, 31)]}, []),
    "before": ({"free__fully_lt": (30, None)}, [1, 2]),
    "after": ({"free__fully_gt": (None, 20)}, [2]),
    "nothing before": ({"free__not_lt": (20, 30)}, [2]),
    "nothing after": ({"free__not_gt": (0, 30)}, [1, 2]),
    "adjacent": ({"free__adjacent_to": (30, 40)}, [1, 2]),
    "an end": ({"free__startswith": 1, "free__endswith__gte": 30}, [1]),
    "emptiness": ({"free__isempty": True}, [4]),
    "equality": ({"free": [(1, 10), (20, 30)]}, [1]),
    "a range of a column's": ({"one__contained_by": F("free")}, [1]),
    "a number of a column's": ({"wanted__contained_by": F("free")}, [1, 2]),
}


@pytest.mark.parametrize("name", FOUND)
async def test_found(rooms: AsyncSession, name: str) -> None:
    lookups, found = FOUND[name]
    assert await QuerySet(Room, rooms).filter(**lookups).order_by("id").values_list("id", flat=True) == found


async def test_as_expressions_and_excluded(rooms: AsyncSession) -> None:
    by_id = QuerySet(Room, rooms).order_by("id").values_list("id", flat=True)
    assert await by_id.filter(Contains(F("free"), 5) | Overlap(F("free"), [(25, 26)])) == [1, 2]
    assert await by_id.exclude(free__contains=5) == [2, 3, 4]


@pytest.mark.parametrize("value", ["x", 2**40, 1.5, None, [1, 2], (1, 2, 3)])
def test_what_is_no_part_is_refused(value: Any) -> None:
    with pytest.raises(InvalidLookupValueError):
        QuerySet(Room).filter(free__contains=value)


@pytest.mark.parametrize("column", ["free", "one", "numbers"])
def test_without_their_lookups_nothing_is_compared_as_text(column: str) -> None:
    """As it is where this package was not imported."""
    target = Target(field_path(names(Room), column), "contains", f"{column}__contains")
    with pytest.raises(InvalidLookupValueError, match="brings that of arrays and ranges"):
        ContainsText(F(column), "1").read(target, "1")
