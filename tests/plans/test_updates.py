"""UPDATE plans hold the WHERE only: SET comes with each call, and loaded objects are right after it.

Whatever an object had is read from it without the database: a lazy load would raise MissingGreenlet.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import case, event, func, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, defer, with_loader_criteria

from django_like_repos import F, QuerySet
from tests.plans.office import Office, with_values
from tests.plans.rows import TOKENS
from tests.plans.schema import Kind, Parcel, Stamp

COLUMNS = [column.key for column in Parcel.__mapper__.column_attrs]


def state(parcel: Any) -> dict[str, Any]:
    """Every column of a loaded object."""
    return {key: getattr(parcel, key) for key in COLUMNS}


async def stored(session: AsyncSession) -> dict[int, dict[str, Any]]:
    """What the database has, whatever the session's objects say."""
    rows = await QuerySet(Parcel, session).values()
    return {row["id"]: row for row in rows}


ASSIGNMENTS: dict[str, dict[str, Any]] = {
    "a literal": {"rank": 5},
    "None": {"rank": None, "title": None, "kind": None, "depot_id": None},
    "values of every type": {
        "code": "new",
        "title": "новый",
        "floor": -7,
        "weight": Decimal("7.5"),
        "ratio": 0.125,
        "fragile": True,
        "kind": Kind.CRATE,
        "token": TOKENS[0],
        "postage": Decimal("3.21"),
        "sent_on": date(2025, 2, 3),
        "sent_at": datetime(2025, 2, 3, 4, 5),
        "seal": b"\x00\xfe",
        "labels": {"number": [1, None]},
    },
    "values that are coerced": {"rank": "5", "kind": "crate", "sent_on": "2025-02-03", "weight": 1.5},
    "a foreign key": {"depot": 3, "parent_id": 4},
    "an arithmetic of F": {"rank": F("rank") * 2 + F("floor")},
    "another field": {"rank": F("floor"), "floor": F("rank")},
    "a function": {"title": func.upper(Parcel.title), "code": func.coalesce(Parcel.title, "none")},
    "a choice": {"rank": case((Parcel.fragile, 10), else_=Parcel.floor + 1)},
    "all of these": {"rank": F("rank") + 1, "title": func.lower(Parcel.title), "floor": None, "code": "mix"},
    "what is compared": {"code": "not", "rank": 0},
}


@pytest.mark.by_turns
@pytest.mark.parametrize("assigned", ASSIGNMENTS.values(), ids=ASSIGNMENTS)
async def test_loaded_objects_are_right(session: AsyncSession, assigned: dict[str, Any]) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")
    before = {parcel.id: state(parcel) for parcel in loaded}

    result: Any = await parcels.filter(code="abc", rank=1).update(assigned)

    assert (sorted(result.scalars()), result.rowcount) == ([1, 7], 2)
    assert not [parcel.id for parcel in loaded if inspect(parcel).expired_attributes]
    after = {parcel.id: state(parcel) for parcel in loaded}
    assert after == await stored(session)
    assert [number for number in before if before[number] != after[number]] == [1, 7]
    assert (after[1]["edited"], after[2]["edited"]) == ("EDITED", "never")


async def test_what_is_related_is_right(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = (
        await parcels.outerjoin("depot", "stamps").options("depot", "stamps").order_by("id", "stamps__id")
    )

    await (
        QuerySet(Stamp, session)
        .filter(parcel__code="abc")
        .update(text=func.upper(Stamp.text), rank=F("rank") + 5)
    )
    await parcels.filter(stamps__rank__gte=6).update(rank=F("rank") + 5, title=func.lower(Parcel.title))

    assert [(stamp.text, stamp.rank) for stamp in loaded[0].stamps] == [("IN", 6), ("OUT", 7)]
    assert loaded[0].depot is not None
    assert (loaded[0].rank, loaded[0].title, loaded[0].depot.city) == (6, "ада", "Riga")
    assert [stamp.rank for parcel in loaded[1:] for stamp in parcel.stamps] == [1, 3, 5, 2, 2, 1]


async def test_one_plan_whatever_is_set(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")
    misses = office.plans.info().misses

    await parcels.filter(code="xyz").update(title="first")
    await parcels.filter(code="z").update(rank=9, floor=None)
    await parcels.filter(code="abd").update({"title": func.upper(Parcel.title)})
    await parcels.filter(code="a_c").update(title=None)

    assert office.plans.info().misses == misses + 1
    assert [(parcel.title, parcel.rank, parcel.floor) for parcel in loaded if parcel.id in (2, 3, 4, 6)] == [
        ("АДА", 2, 1),
        ("first", 3, 2),
        (None, None, None),
        ("a/b_c%", 9, None),
    ]
    assert {parcel.id: state(parcel) for parcel in loaded} == await stored(session)


async def test_what_is_set_is_no_member_of_a_list(session: AsyncSession) -> None:
    """SQLAlchemy numbers the names of both."""
    parcels = QuerySet(Parcel, session)
    for listed in ([1, 3], [2, 7]):
        chosen = parcels.filter(Parcel.id.in_(listed), floor__in=[0, 1, 2, 3])
        before = await chosen.order_by("id").values_list("rank", flat=True)
        await chosen.update(rank=F("rank") + 5)
        assert await chosen.order_by("id").values_list("rank", flat=True) == [rank + 5 for rank in before]


async def test_what_was_set_is_not_kept(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session)
    for number in (1, 2):
        await parcels.filter(id=number).update(title=f"set {number}")
        statement = with_values(*office.sql.statements[-1])
        assert statement.startswith(f"UPDATE parcels SET title='set {number}', edited=upper('edited') WHERE ")

    rows = await parcels.filter(title__startswith="set").order_by("id").values_list("id", "title")
    assert rows == [(1, "set 1"), (2, "set 2")]


async def test_what_is_set_may_be_what_is_compared(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")
    for number in range(1, 5):
        result: Any = await parcels.filter(rank=number, rank__in=[number]).update(rank=number + 1)
        assert result.rowcount > 0

    assert [parcel.rank for parcel in loaded] == [5, 5, 5, None, -1, 5, 5, 0]


async def test_objects_with_columns_that_were_not_loaded(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.options(defer(Parcel.title)).order_by("id")

    await parcels.filter(rank=1).update(title=func.upper(Parcel.title), floor=F("floor") + 1, weight=None)

    assert [(parcel.code, parcel.rank, parcel.floor) for parcel in loaded[:2]] == [
        ("abc", 1, 2),
        ("abd", 2, 1),
    ]
    assert [parcel.weight for parcel in loaded[:2]] == [None, Decimal("1.2")]


async def test_what_the_user_expired_stays_so(session: AsyncSession, office: Office) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")
    session.expire(loaded[2])

    await parcels.filter(rank=1).update(rank=F("rank") + 1)

    assert inspect(loaded[2]).expired_attributes
    assert [loaded[0].rank, loaded[6].rank] == [2, 2]


async def test_objects_that_an_application_hides_from_queries(session: AsyncSession) -> None:
    """As those are whose rows the update has marked as deleted."""

    def hide(execution: ORMExecuteState) -> None:
        if execution.is_select and not execution.is_column_load:
            criteria = with_loader_criteria(Parcel, Parcel.fragile.is_(False))
            execution.statement = execution.statement.options(criteria)

    event.listen(session.sync_session, "do_orm_execute", hide)
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")

    await parcels.filter(rank=1).update(fragile=True, title=func.upper(Parcel.title))

    assert [parcel.id for parcel in loaded] == [2, 3, 5, 7]
    assert [(state(parcel)["title"], parcel.edited) for parcel in loaded[2:]] == [
        ("", "never"),
        ("АДА", "EDITED"),
    ]
    assert [parcel.id for parcel in await parcels.order_by("id")] == [2, 3, 5]


async def test_changes_that_were_not_flushed(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")
    loaded[1].rank = 1
    loaded[0].title = "mine"

    result: Any = await parcels.filter(rank=1).update(title="theirs", floor=F("rank") + 10)

    assert result.rowcount == 3
    assert [(loaded[number].title, loaded[number].floor) for number in (0, 1, 6)] == [("theirs", 11)] * 3
    assert {parcel.id: state(parcel) for parcel in loaded} == await stored(session)


async def test_objects_that_come_back(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.filter(rank=1).order_by("id")

    result = (
        await parcels.filter(rank=1).returning(return_model=True).update(rank=F("rank") + 1, title="back")
    )

    returned = sorted(result.scalars(), key=lambda parcel: parcel.id)
    assert returned == loaded
    assert [state(parcel) for parcel in returned] == [
        row for number, row in (await stored(session)).items() if number in (1, 7)
    ]


async def test_deleted_objects_leave_the_session(session: AsyncSession) -> None:
    parcels = QuerySet(Parcel, session)
    loaded = await parcels.order_by("id")
    for code in ("xyz", "é"):
        await parcels.filter(code=code).delete()

    assert [parcel.id for parcel in loaded if parcel not in session] == [3, 8]
    assert [row["id"] for row in await parcels.order_by("id").values("id")] == [1, 2, 4, 5, 6, 7]
