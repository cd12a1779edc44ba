"""Hybrids in paths, and those that an UPDATE can set."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, ForeignKey, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import BaseRepository, F, Q, QuerySet, UnsupportedOperationError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Folded(Comparator[str]):
    """Text without regard to case."""

    __hash__ = Comparator.__hash__

    def __eq__(self, other: Any) -> ColumnElement[bool]:  # type: ignore[override]
        return func.lower(self.__clause_element__()) == func.lower(other)


class Club(Base):
    __tablename__ = "clubs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    members: Mapped[list["Member"]] = relationship(back_populates="club")

    @hybrid_property
    def size(self) -> int:
        return len(self.members)

    @size.inplace.expression
    @classmethod
    def _size(cls) -> ColumnElement[int]:
        members = select(func.count(Member.id)).where(Member.club_id == cls.id)
        return members.correlate_except(Member).scalar_subquery()


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    last: Mapped[str]
    born: Mapped[int | None]
    club_id: Mapped[int | None] = mapped_column(ForeignKey("clubs.id"))
    club: Mapped[Club | None] = relationship(back_populates="members")

    @hybrid_property
    def surname(self) -> str:
        """Nothing but a column."""
        return self.last

    @surname.inplace.setter
    def _set_surname(self, value: str) -> None:
        self.last = value

    @hybrid_property
    def name(self) -> str:
        return self.first + " " + self.last

    @name.inplace.setter
    def _set_name(self, value: str) -> None:
        self.first, self.last = value.split(" ", 1)

    @name.inplace.update_expression
    @classmethod
    def _update_name(cls, value: Any) -> list[tuple[Any, Any]]:
        first, last = value.split(" ", 1)
        return [(cls.first, first), (cls.last, last)]

    @hybrid_property
    def adult(self) -> bool:
        return self.born is not None and self.born <= 2000

    @adult.inplace.expression
    @classmethod
    def _adult(cls) -> ColumnElement[bool]:
        return case((cls.born <= 2000, True), else_=False)

    def _age(self) -> int | None:
        return None if self.born is None else 2020 - self.born

    age = hybrid_property(_age, expr=lambda cls: 2020 - cls.born)

    @hybrid_property
    def folded(self) -> str:
        return self.last.lower()

    @folded.inplace.comparator
    @classmethod
    def _folded(cls) -> Folded:
        return Folded(cls.last)


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Club(id=1, name="chess"), Club(id=2, name="choir"), Club(id=3, name="empty")]
    yield [
        Member(id=1, first="Ann", last="Lee", born=1990, club_id=1),
        Member(id=2, first="Bob", last="Ray", born=2010, club_id=1),
        Member(id=3, first="Cid", last="Lee", born=1980, club_id=2),
        Member(id=4, first="Dee", last="Fox"),
    ]


CHAINS: Chains = {
    "a column": (Member, lambda q: q.filter(surname="Lee").order_by("-surname", "id"), [1, 3]),
    "an expression": (Member, lambda q: q.filter(name="Bob Ray"), [2]),
    "with a lookup": (Member, lambda q: q.filter(name__icontains="B r").order_by("name"), [2]),
    "in": (Member, lambda q: q.filter(name__in=["Ann Lee", "Dee Fox"]).order_by("-name"), [4, 1]),
    "a range": (Member, lambda q: q.filter(age__range=(10, 30)).order_by("age"), [2, 1]),
    "NULL": (Member, lambda q: q.filter(age=None), [4]),
    "not": (Member, lambda q: q.exclude(age__gt=20).order_by("id"), [2, 4]),
    "bool": (Member, lambda q: q.filter(adult=True).order_by("age"), [1, 3]),
    "not bool": (Member, lambda q: q.exclude(adult=True).order_by("id"), [2, 4]),
    "any of": (
        Member,
        lambda q: q.filter(Q(adult=False) | Q(surname="Lee", age=40)).order_by("id"),
        [2, 3, 4],
    ),
    "F": (Member, lambda q: q.filter(born=F("age") + 1960), [1]),
    "a subquery": (Club, lambda q: q.filter(size__gte=1).order_by("-size"), [1, 2]),
    "behind a relation": (Member, lambda q: q.filter(club__size=2).order_by("id"), [1, 2]),
    "order behind a relation": (
        Member,
        lambda q: q.filter(club__isnull=False).order_by("club__size", "name"),
        [3, 1, 2],
    ),
    "behind to-many": (Club, lambda q: q.filter(members__adult=True, members__name__startswith="C"), [2]),
    "not behind to-many": (Club, lambda q: q.exclude(members__adult=True), [3]),
    "order behind to-many": (Club, lambda q: q.filter(id__lt=3).order_by("-members__age"), [2, 1]),
    "values": (
        Member,
        lambda q: q.filter(surname="Lee").order_by("id").values("name", "adult", "club__size"),
        [
            {"name": "Ann Lee", "adult": True, "club__size": 2},
            {"name": "Cid Lee", "adult": True, "club__size": 1},
        ],
    ),
    "values of many": (
        Club,
        lambda q: q.filter(members__age__gte=30).order_by("id").values_list("size", "members__name"),
        [(2, "Ann Lee"), (1, "Cid Lee")],
    ),
    "a comparator": (Member, lambda q: q.filter(folded="LEE").order_by("id"), [1, 3]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_expression_is_of_the_alias(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Member, session).filter(club__size=2).count() == 2
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM members JOIN clubs AS clubs_1 ON clubs_1.id = members.club_id "
        "WHERE (SELECT count(members.id) AS count_2 FROM members WHERE members.club_id = clubs_1.id) = ?",
    )


async def test_an_update_of_what_is_only_a_column(session: AsyncSession) -> None:
    members = QuerySet(Member, session)
    ann = await members.get(id=1)
    assert tuples(await members.filter(surname="Lee").update(surname="Low")) == [(1,), (3,)]
    assert ann.last == "Low"
    await gives(members.filter(last="Low").order_by("id"), [1, 3])


async def test_an_update_by_its_expression(session: AsyncSession) -> None:
    members = QuerySet(Member, session)
    ann = await members.get(id=1)
    assert tuples(await members.filter(name="Ann Lee").update(name="Eve Sun", born=1)) == [(1,)]
    assert (ann.first, ann.last, ann.born) == ("Eve", "Sun", 1)
    await gives(members.filter(first="Eve", last="Sun"), [1])


async def test_an_update_that_nothing_says_how_to_do(session: AsyncSession) -> None:
    for values in ({"age": 3}, {"adult": True}):
        with pytest.raises(UnsupportedOperationError):
            await QuerySet(Member, session).update(values)


async def test_update_and_delete_of_what_they_find(session: AsyncSession) -> None:
    members = QuerySet(Member, session)
    assert (await members.filter(age__gte=30, club__size=1).update(born=F("born") + 5)).rowcount == 1
    assert tuples(await members.filter(name="Cid Lee", age=35).delete()) == [(3,)]
    assert (await QuerySet(Club, session).filter(size=0).delete()).rowcount == 2
    await gives(members.order_by("id"), [1, 2, 4])


async def test_returning(session: AsyncSession) -> None:
    members = QuerySet(Member, session).filter(id=1)
    assert tuples(await members.returning("name", "age").update(born=2000)) == [("Ann Lee", 20)]
    assert tuples(await members.returning("name").delete()) == [("Ann Lee",)]


async def test_create(session: AsyncSession) -> None:
    class Members(BaseRepository[Member]): ...

    repo = Members(session).flush()
    eve = await repo.create(name="Eve Sun")
    assert (eve.first, eve.last) == ("Eve", "Sun")
    fay, created = await repo.objects.get_or_create({"born": 5}, name="Fay Oak")
    assert (created, fay.first) == (True, "Fay")
    assert await repo.objects.get_or_create(name="Fay Oak") == (fay, False)
    assert await repo.objects.update_or_create({"name": "Gus Elm"}, name="Fay Oak") == (fay, False)
    await gives(repo.objects.filter(first="Gus"), [fay.id])
