"""Classes in layers: keys of other names, tables shared and apart, relations that say more than keys."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Computed, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, composite, mapped_column, relationship

from django_like_repos import Database, F, QuerySet, UnknownFieldError
from tests.mappings.reading import gives, tuples
from tests.mappings.test_composites import Point
from tests.recording import RecordedSQL
from tests.writes.racing import started, two_sessions


class Base(DeclarativeBase):
    """The models of these tests only."""


class Person(Base):
    __tablename__ = "layer_people"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("layer_people.id"))
    x: Mapped[int | None]
    y: Mapped[int | None]

    boss: Mapped["Person | None"] = relationship(remote_side=[id])
    at: Mapped[Point] = composite("x", "y")
    # Called like a subclass, which it hides.
    seller: Mapped["Person | None"] = relationship(
        primaryjoin="foreign(Person.boss_id) == remote(Person.id)", viewonly=True
    )


class Employee(Person):
    """Its key has a name of its own."""

    __tablename__ = "layer_employees"
    __mapper_args__ = {"polymorphic_identity": "employee"}  # noqa: RUF012

    number: Mapped[int] = mapped_column(ForeignKey("layer_people.id"), primary_key=True)
    salary: Mapped[int]
    doubled: Mapped[int | None] = mapped_column(Computed("salary * 2"))


class Clerk(Employee):
    """In its parent's table."""

    __mapper_args__ = {"polymorphic_identity": "clerk"}  # noqa: RUF012

    code: Mapped[str | None] = mapped_column(use_existing_column=True)


class Seller(Employee):
    __mapper_args__ = {"polymorphic_identity": "seller"}  # noqa: RUF012

    code: Mapped[str | None] = mapped_column(use_existing_column=True)
    level: Mapped[int | None]


class Link(Base):
    __tablename__ = "layer_links"

    a_id: Mapped[int] = mapped_column(ForeignKey("layer_people.id"), primary_key=True)
    b_id: Mapped[int] = mapped_column(ForeignKey("layer_tags.id"), primary_key=True)
    weight: Mapped[int]

    tag: Mapped["Tag"] = relationship()


class Tag(Base):
    __tablename__ = "layer_tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


Person.links = relationship(Link)
Person.tags = relationship(Tag, secondary="layer_links", viewonly=True)
Person.heavy_tags = relationship(
    Tag,
    secondary="layer_links",
    primaryjoin="and_(Person.id == Link.a_id, Link.weight > 5)",
    secondaryjoin="Link.b_id == Tag.id",
    viewonly=True,
)

METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Tag(id=1, name="x"), Tag(id=2, name="y")]
    yield [Person(id=1, name="Ann", at=Point(1, 2)), Employee(id=2, name="Bob", salary=10, boss_id=1)]
    yield [
        Clerk(id=3, name="Cid", salary=20, code="k"),
        Seller(id=4, name="Dan", salary=30, code="s", level=7),
    ]
    yield [Employee(id=5, name="Eve", salary=40, x=3)]
    yield [Link(a_id=1, b_id=1, weight=1), Link(a_id=2, b_id=1, weight=9), Link(a_id=3, b_id=2, weight=9)]
    yield [Link(a_id=2, b_id=2, weight=1)]


async def salaries(session: AsyncSession) -> list[int]:
    return list(await session.scalars(select(Employee.__table__.c.salary).order_by("number")))


CHAINS: dict[str, tuple[Any, list[int]]] = {
    "a class in its parent's table, from above": (lambda q: q.filter(clerk__isnull=False), [3]),
    "its key": (lambda q: q.filter(clerk__pk=2), []),
    "what it inherits": (lambda q: q.filter(clerk__salary__gt=0), [3]),
    "not it": (lambda q: q.exclude(clerk__salary__gt=0), [1, 2, 4, 5]),
    "an attribute of one of them": (lambda q: q.filter(level=7), [4]),
    "conditions of the relation": (lambda q: q.filter(heavy_tags__name="x"), [2]),
    "not with conditions": (lambda q: q.exclude(heavy_tags__name="x"), [1, 3, 4, 5]),
    "without conditions": (lambda q: q.filter(tags__name="x", links__weight__lt=5), [1]),
    "a composite that is half there": (lambda q: q.filter(at=Point(3, None)), [5]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, make: Any, found: list[int]) -> None:
    await gives(make(QuerySet(Person, session).order_by("id")), found)


def test_what_two_classes_have_is_not_guessed() -> None:
    with pytest.raises(UnknownFieldError, match="clerk__code, seller__code"):
        QuerySet(Person).filter(code="k")


async def test_an_update_writes_its_rows_and_no_others(session: AsyncSession) -> None:
    employees = QuerySet(Employee, session)
    assert tuples(await employees.filter(pk=3).update(salary=100)) == [(3,)]
    assert tuples(await employees.filter(name="Dan").update(salary=F("salary") + 1)) == [(4,)]
    assert await salaries(session) == [10, 100, 31, 40]


async def test_a_row_that_is_found_twice_counts_once(session: AsyncSession) -> None:
    result = await QuerySet(Employee, session).filter(tags__id__gt=0).update(salary=7)
    assert (tuples(result), result.rowcount) == ([(2,), (3,)], 2)


async def test_returning(session: AsyncSession) -> None:
    employees = QuerySet(Employee, session).filter(name="Bob")
    assert tuples(await employees.returning("name", "salary").update(salary=31)) == [("Bob", 31)]
    (employee,) = (await employees.returning(return_model=True).update(salary=32)).scalars()
    assert (employee.name, employee.salary) == ("Bob", 32)
    people = QuerySet(Person, session).filter(name="Bob")
    assert tuples(await people.returning("boss").update(name="Rob")) == [(1,)]


async def test_what_was_loaded_before(session: AsyncSession, sql: RecordedSQL) -> None:
    """Loaded as a person, an employee lacks its own columns; changed, it has what the row has."""
    person = await QuerySet(Person, session).get(name="Eve")
    assert isinstance(person, Employee)
    assert (await QuerySet(Employee, session).get(name="Eve")).salary == 40

    await QuerySet(Employee, session).filter(name="Eve").update(salary=F("salary") + 1, name="Eva")
    sql.clear()
    assert (person.name, person.salary, person.doubled) == ("Eva", 41, 82)
    assert len(sql) == 0


async def test_pending_changes_stay(tables: Database) -> None:
    async with tables.session() as session:
        session.autoflush = False
        employee = await QuerySet(Employee, session).get(name="Eve")
        employee.boss_id = 1
        await QuerySet(Employee, session).filter(name="Eve").update(salary=1, name="Eva")
        assert (employee.boss_id, employee.salary, employee.name) == (1, 1, "Eva")
        await session.rollback()


async def test_update_or_create_computes(session: AsyncSession) -> None:
    people = QuerySet(Person, session)
    person, created = await people.update_or_create(name="Ann", defaults={"boss_id": F("id")})
    assert (person.boss_id, created) == (1, False)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "claim",
    [
        lambda session: QuerySet(Employee, session).filter(name="Bob").update(name="mine"),
        lambda session: QuerySet(Employee, session).filter(Person.name == "Bob").update(salary=1),
        lambda session: QuerySet(Employee, session).exclude(name__ne="Bob").delete(),
        lambda session: QuerySet(Person, session).filter(employee__salary=10).delete(),
    ],
    ids=["its base", "an expression", "not another", "from the base"],
)
async def test_nothing_is_claimed_twice(claim: Any, tables: Database) -> None:
    """The second waits for the first, and then finds that the row is no longer what it looked for."""
    async with two_sessions(tables) as (first, second):
        changed = await QuerySet(Employee, first).filter(name="Bob").update(name="taken", salary=11)
        waiting = await started(tables, claim(second))
        await first.commit()
        theirs = await waiting
        await second.rollback()
        await QuerySet(Employee, first).filter(name="taken").update(name="Bob", salary=10)
        await first.commit()
    assert (changed.rowcount, theirs.rowcount) == (1, 0)
