"""Joined-table inheritance: subclasses with a table more, and their attributes in paths of the base."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey, inspect, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectin_polymorphic

from django_like_repos import BaseRepository, F, Q, QuerySet, UnknownFieldError, UnsupportedOperationError
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    employees: Mapped[list["Employee"]] = relationship(back_populates="company")
    managers: Mapped[list["Manager"]] = relationship(viewonly=True)


class Employee(Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    salary: Mapped[int]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))

    company: Mapped[Company | None] = relationship(back_populates="employees")


class Manager(Employee):
    __tablename__ = "managers"
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    budget: Mapped[int | None]
    level: Mapped[int] = mapped_column(default=1)


class Director(Manager):
    """Three tables."""

    __tablename__ = "directors"
    __mapper_args__ = {"polymorphic_identity": "director"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("managers.id"), primary_key=True)
    bonus: Mapped[int]


class Engineer(Employee):
    """Its key has another name than the base's."""

    __tablename__ = "engineers"
    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012

    number: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    language: Mapped[str]
    level: Mapped[int] = mapped_column(default=1)
    """A name that managers use, too."""

    skills: Mapped[list["Skill"]] = relationship(back_populates="engineer")


class Skill(Base):
    __tablename__ = "skills"

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str]
    engineer_number: Mapped[int] = mapped_column(ForeignKey("engineers.number", ondelete="CASCADE"))

    engineer: Mapped[Engineer] = relationship(back_populates="skills")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Company(id=1, name="A"), Company(id=2, name="B"), Company(id=3, name="C")]
    yield [
        Employee(id=1, name="Ann", salary=10, company_id=1),
        Manager(id=2, name="Max", salary=20, budget=3, company_id=1),
        Manager(id=3, name="Mia", salary=30, budget=9, level=2, company_id=2),
        Director(id=4, name="Dan", salary=40, budget=50, bonus=7, company_id=2),
        Engineer(id=5, name="Eva", salary=50, language="python", company_id=1),
        Engineer(id=6, name="Eli", salary=60, language="rust", level=2),
    ]
    yield [
        Skill(id=1, label="sql", engineer_number=5),
        Skill(id=2, label="web", engineer_number=5),
        Skill(id=3, label="sql", engineer_number=6),
    ]


CHAINS: Chains = {
    # The classes themselves
    "the base": (Employee, lambda q: q.order_by("id"), [1, 2, 3, 4, 5, 6]),
    "a subclass": (Manager, lambda q: q.order_by("id"), [2, 3, 4]),
    "a subclass of a subclass": (Director, lambda q: q.filter(name="Dan", budget=50, bonus=7), [4]),
    "a key of another name": (Engineer, lambda q: q.filter(pk__gt=5), [6]),
    "both tables": (Manager, lambda q: q.filter(salary__lt=40, budget__gt=2).order_by("-budget"), [3, 2]),
    "order of both tables": (Manager, lambda q: q.order_by("level", "-salary"), [4, 2, 3]),
    "F of both tables": (Manager, lambda q: q.filter(budget__gt=F("salary")), [4]),
    "a relation of the base": (Manager, lambda q: q.filter(company__name="B").order_by("id"), [3, 4]),
    "a relation of the subclass": (Engineer, lambda q: q.filter(skills__label="web"), [5]),
    "not a relation of the subclass": (Engineer, lambda q: q.exclude(skills__label="web"), [6]),
    "order by a relation": (Engineer, lambda q: q.order_by("-skills__label", "name"), [5, 6]),
    "values of both tables": (
        Director,
        lambda q: q.values("id", "name", "budget", "bonus", "company__name"),
        [{"id": 4, "name": "Dan", "budget": 50, "bonus": 7, "company__name": "B"}],
    ),
    "in": (
        Employee,
        lambda q: q.filter(pk__in=QuerySet(Manager).filter(budget__gt=5)).order_by("id"),
        [3, 4],
    ),
    "to a subclass": (Skill, lambda q: q.filter(engineer__language="python").order_by("id"), [1, 2]),
    "to what a subclass inherits": (Skill, lambda q: q.filter(engineer__name="Eli"), [3]),
    "to a relation that it inherits": (
        Skill,
        lambda q: q.filter(engineer__company__name="A").order_by("id"),
        [1, 2],
    ),
    "a relation to a subclass": (Company, lambda q: q.filter(managers__budget__gt=5), [2]),
    "a relation to what a subclass inherits": (Company, lambda q: q.filter(managers__name="Max"), [1]),
    "not a relation to a subclass": (
        Company,
        lambda q: q.exclude(managers__budget__gt=5).order_by("id"),
        [1, 3],
    ),
    "no relation to a subclass": (Company, lambda q: q.filter(managers=None), [3]),
    # A subclass by its name, in paths of the base
    "by name": (Employee, lambda q: q.filter(manager__budget__gt=5).order_by("id"), [3, 4]),
    "by name, not": (Employee, lambda q: q.exclude(manager__budget__gt=5).order_by("id"), [1, 2, 5, 6]),
    "by name, none": (Employee, lambda q: q.filter(manager__isnull=True).order_by("id"), [1, 5, 6]),
    "by name, some": (Employee, lambda q: q.filter(manager__isnull=False).order_by("id"), [2, 3, 4]),
    "by name, no value": (Employee, lambda q: q.filter(manager__budget=None).order_by("id"), [1, 5, 6]),
    "by name, any of": (
        Employee,
        lambda q: q.filter(Q(manager__budget__gt=5) | Q(engineer__language="rust")).order_by("id"),
        [3, 4, 6],
    ),
    "by name, its key": (Employee, lambda q: q.filter(manager__in=[1, 2, 4]).order_by("id"), [2, 4]),
    "by name, another name of its key": (Employee, lambda q: q.filter(engineer=5), [5]),
    "by name, what it inherits": (
        Employee,
        lambda q: q.filter(manager__name__startswith="M").order_by("id"),
        [2, 3],
    ),
    "by name, a relation of its own": (Employee, lambda q: q.filter(engineer__skills__label="web"), [5]),
    "by name, not a relation of its own": (
        Employee,
        lambda q: q.exclude(engineer__skills__label="web").order_by("id"),
        [1, 2, 3, 4, 6],
    ),
    "by name, one below another": (Employee, lambda q: q.filter(manager__director__bonus=7), [4]),
    "by name, two below": (Employee, lambda q: q.filter(director__bonus=7, director__budget=50), [4]),
    "by name, from a subclass": (Manager, lambda q: q.filter(director__bonus__gt=0), [4]),
    "by name, not from a subclass": (Manager, lambda q: q.filter(director=None).order_by("id"), [2, 3]),
    "by name, in order": (
        Employee,
        lambda q: q.filter(manager__isnull=False).order_by("-manager__budget"),
        [4, 3, 2],
    ),
    "by name, F": (Employee, lambda q: q.filter(manager__budget__gt=F("salary")), [4]),
    "by name, as a value": (
        Employee,
        lambda q: q.filter(id__lt=4).order_by("id").values_list("name", "manager__budget"),
        [("Ann", None), ("Max", 3), ("Mia", 9)],
    ),
    # An attribute that only one subclass has
    "only one has it": (Employee, lambda q: q.filter(budget__gt=5).order_by("id"), [3, 4]),
    "only one has it, not": (Employee, lambda q: q.exclude(language="rust").order_by("id"), [1, 2, 3, 4, 5]),
    "only one has it, two below": (Employee, lambda q: q.filter(bonus=7), [4]),
    "only one has it, in order": (
        Employee,
        lambda q: q.filter(language__isnull=False).order_by("-language"),
        [6, 5],
    ),
    "only one has it, a relation": (Employee, lambda q: q.filter(skills__label="sql").order_by("id"), [5, 6]),
    "only one has it, as a value": (
        Employee,
        lambda q: q.filter(id__gte=4).order_by("id").values("bonus", "language"),
        [
            {"bonus": 7, "language": None},
            {"bonus": None, "language": "python"},
            {"bonus": None, "language": "rust"},
        ],
    ),
    # Through relations
    "through to-many": (Company, lambda q: q.filter(employees__manager__budget__gt=5), [2]),
    "through to-many, one row": (
        Company,
        lambda q: q.filter(employees__manager__budget__gt=5, employees__name="Max"),
        [],
    ),
    "through to-many, two calls": (
        Company,
        lambda q: q.filter(employees__manager__budget__gt=1).filter(employees__name="Ann"),
        [1],
    ),
    "not through to-many": (
        Company,
        lambda q: q.exclude(employees__manager__budget__gt=5).order_by("id"),
        [1, 3],
    ),
    "none through to-many": (Company, lambda q: q.filter(employees__engineer__isnull=False), [1]),
    "through to-many in order": (
        Company,
        lambda q: q.filter(employees__budget__gt=0).order_by("-employees__manager__budget"),
        [2, 1],
    ),
    "only one has it, through to-many": (Company, lambda q: q.filter(employees__language="python"), [1]),
    "through to-many and on": (Company, lambda q: q.filter(employees__engineer__skills__label="web"), [1]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_the_joins_of_a_subclass_by_name(session: AsyncSession, sql: RecordedSQL) -> None:
    employees = QuerySet(Employee, session)
    assert await employees.filter(manager__budget__gt=5, manager__level=2).count() == 1
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM employees "
        "JOIN managers AS managers_1 ON employees.id = managers_1.id "
        "WHERE managers_1.budget > ? AND managers_1.level = ?",
    )
    assert await employees.filter(Q(manager__budget__gt=5) | Q(salary=10)).count() == 3
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM employees "
        "LEFT OUTER JOIN managers AS managers_1 ON employees.id = managers_1.id "
        "WHERE managers_1.budget > ? OR employees.salary = ?",
    )
    assert await employees.filter(manager__budget__gt=5).filter(budget__lt=10).count() == 1
    assert sql.last.count("JOIN managers") == 1


async def test_names_that_two_subclasses_have(session: AsyncSession) -> None:
    employees = QuerySet(Employee, session)
    with pytest.raises(UnknownFieldError, match="level"):
        employees.filter(level=2)
    await gives(employees.filter(Q(manager__level=2) | Q(engineer__level=2)).order_by("id"), [3, 6])
    with pytest.raises(UnknownFieldError, match="'nobody'"):
        employees.filter(nobody__level=2)
    with pytest.raises(UnknownFieldError, match="'bonus'"):
        employees.filter(engineer__bonus=2)


async def test_models_are_of_their_own_class(session: AsyncSession, sql: RecordedSQL) -> None:
    classes = [Employee, Manager, Manager, Director, Engineer, Engineer]
    employees = QuerySet(Employee, session)
    assert [type(employee) for employee in await employees.order_by("id")] == classes
    assert [type(employee) for employee in await employees.order_by("id")[1:4]] == classes[1:4]
    assert [type(manager) for manager in await employees.filter(director__bonus=7)] == [Director]
    company = await QuerySet(Company, session).options("employees").order_by("id").first()
    assert company is not None
    assert {type(employee) for employee in company.employees} == {Employee, Manager, Engineer}
    assert [type(manager) for manager in await QuerySet(Manager, session).order_by("id")] == classes[1:4]


async def test_loading_what_subclasses_have(session: AsyncSession, sql: RecordedSQL) -> None:
    loading = selectin_polymorphic(Employee, [Manager, Director, Engineer])
    found = (
        await QuerySet(Employee, session).options(loading).filter(company__isnull=False).order_by("id")[1:4]
    )
    assert [employee.budget for employee in found if isinstance(employee, Manager)] == [3, 9, 50]
    assert [employee.bonus for employee in found if isinstance(employee, Director)] == [7]


async def test_finding_by_key(session: AsyncSession) -> None:
    class Employees(BaseRepository[Employee]): ...

    class Engineers(BaseRepository[Engineer]): ...

    assert isinstance(await Employees(session).get_by_pk(4), Director)
    assert await Engineers(session).get_by_pk(4) is None
    found = await Engineers(session).objects.in_bulk([4, 5])
    assert {key: type(engineer) for key, engineer in found.items()} == {5: Engineer}
    assert await Engineers(session).objects.get(pk=5) is await Employees(session).get_by_pk(5)


async def halves(session: AsyncSession) -> int:
    """Rows of subclasses whose other tables have no row for them."""
    statement = """
        SELECT count(*) FROM employees e
        LEFT JOIN managers m ON m.id = e.id LEFT JOIN directors d ON d.id = e.id
        LEFT JOIN engineers g ON g.number = e.id
        WHERE (m.id IS NOT NULL) != (e.kind IN ('manager', 'director'))
           OR (d.id IS NOT NULL) != (e.kind = 'director') OR (g.number IS NOT NULL) != (e.kind = 'engineer')
    """
    return int(await session.scalar(text(statement)) or 0)


async def test_update_of_the_base(session: AsyncSession) -> None:
    employees = QuerySet(Employee, session)
    mia = await QuerySet(Manager, session).get(name="Mia")
    updated = await employees.filter(manager__budget__gt=5).update(salary=F("salary") + 1)
    assert tuples(updated) == [(3,), (4,)]
    assert mia.salary == 31
    assert tuples(await employees.exclude(manager__isnull=False).update(company=3)) == [(1,), (5,), (6,)]
    assert (await employees.filter(skills__label="web").update(name="W")).rowcount == 1
    await gives(employees.filter(name="W"), [5])


async def test_update_of_a_subclass_in_both_tables(session: AsyncSession) -> None:
    managers = QuerySet(Manager, session)
    mia = await managers.get(name="Mia")
    updated = await managers.filter(budget__gt=5, name="Mia").update(name="Mae", budget=11)
    assert (updated.rowcount, tuples(updated)) == (1, [(3,)])
    assert (mia.name, mia.budget) == ("Mae", 11)
    await gives(managers.filter(name="Mae", budget=11), [3])
    updated = await managers.filter(company__name="B").update(salary=1)
    assert (updated.rowcount, tuples(updated)) == (2, [(3,), (4,)])
    await gives(QuerySet(Employee, session).filter(salary=1).order_by("id"), [3, 4])


async def test_update_of_what_the_conditions_speak_of(session: AsyncSession) -> None:
    """The first table that is written must not change which rows the second finds."""
    managers = QuerySet(Manager, session)
    updated = await managers.filter(salary=30, budget=9).update(salary=31, budget=10, level=5)
    assert (updated.rowcount, tuples(updated)) == (1, [(3,)])
    await gives(managers.filter(salary=31, budget=10, level=5), [3])


async def test_update_by_columns_of_the_same_table(session: AsyncSession) -> None:
    managers = QuerySet(Manager, session)
    await managers.filter(id=2).update(budget=F("level") + 1, level=F("budget"), salary=F("salary") * 2)
    await gives(managers.filter(id=2).values_list("salary", "budget", "level"), [(40, 2, 3)])


async def test_an_update_cannot_join(session: AsyncSession) -> None:
    """As in Django; and nothing is written where a part of it cannot be."""
    managers = QuerySet(Manager, session)
    for values in ({"budget": F("salary")}, {"name": "x", "salary": F("budget")}):
        with pytest.raises(UnsupportedOperationError):
            await managers.filter(id=2).update(values)
    await gives(managers.filter(id=2).values_list("name", "salary", "budget"), [("Max", 20, 3)])


async def test_update_of_three_tables(session: AsyncSession) -> None:
    directors = QuerySet(Director, session)
    dan = await directors.get()
    updated = await directors.returning("name", "budget", "bonus").update(name="Don", budget=1, bonus=2)
    assert tuples(updated) == [("Don", 1, 2)]
    assert (dan.name, dan.budget, dan.bonus) == ("Don", 1, 2)


async def test_update_returning_models(session: AsyncSession) -> None:
    updated = (
        await QuerySet(Manager, session).filter(id=3).returning(return_model=True).update(name="x", budget=4)
    )
    assert [(manager.name, manager.budget, manager.salary) for (manager,) in updated] == [("x", 4, 30)]


async def test_update_of_nothing(session: AsyncSession) -> None:
    assert (await QuerySet(Manager, session).filter(budget=999).update(name="x", budget=1)).rowcount == 0
    assert (await QuerySet(Manager, session).none().update(name="x", budget=1)).rowcount == 0


async def test_delete_of_a_subclass(session: AsyncSession) -> None:
    managers = QuerySet(Manager, session)
    mia = await managers.get(name="Mia")
    deleted = await managers.filter(budget__gt=5, salary=30).delete()
    assert (deleted.rowcount, tuples(deleted)) == (1, [(3,)])
    assert inspect(mia).was_deleted or mia not in session
    assert await halves(session) == 0
    await gives(QuerySet(Employee, session).order_by("id"), [1, 2, 4, 5, 6])


async def test_delete_of_three_tables(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Director, session).filter(name="Dan").delete()) == [(4,)]
    assert await halves(session) == 0
    assert await session.scalar(text("SELECT count(*) FROM managers")) == 2
    assert await session.scalar(text("SELECT count(*) FROM employees")) == 5


async def test_delete_of_the_base_takes_subclasses_along(session: AsyncSession) -> None:
    employees = QuerySet(Employee, session)
    deleted = await employees.filter(company__name="B").delete()
    assert (deleted.rowcount, tuples(deleted)) == (2, [(3,), (4,)])
    assert await halves(session) == 0
    assert tuples(await employees.filter(Q(name="Ann") | Q(engineer__language="rust")).delete()) == [
        (1,),
        (6,),
    ]
    assert await halves(session) == 0
    assert (await employees.delete()).rowcount == 2
    for table in ("employees", "managers", "directors", "engineers"):
        assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_delete_of_a_subclass_takes_its_own_subclasses_along(session: AsyncSession) -> None:
    assert (await QuerySet(Manager, session).delete()).rowcount == 3
    assert await halves(session) == 0
    await gives(QuerySet(Employee, session).order_by("id"), [1, 5, 6])


async def test_create(session: AsyncSession) -> None:
    class Managers(BaseRepository[Manager]): ...

    repo = Managers(session).flush()
    new = await repo.create(name="New", salary=1, budget=2)
    assert new.kind == "manager"
    await gives(QuerySet(Employee, session).filter(manager__budget=2), [new.id])
    found, created = await repo.objects.get_or_create({"salary": 5}, name="Moe", budget=4)
    assert (created, found.salary) == (True, 5)
    assert await repo.objects.update_or_create({"budget": 6, "salary": 7}, name="Moe") == (found, False)
    await gives(repo.objects.filter(budget=6, salary=7), [found.id])


async def test_an_object_of_the_base_is_not_stored_in_the_row_of_a_subclass(session: AsyncSession) -> None:
    class Employees(BaseRepository[Employee]): ...

    employees = Employees(session).flush()
    for key, name in ((2, "Manager"), (4, "Director"), (5, "Engineer")):
        for write in (employees.update, employees.save):
            with pytest.raises(UnsupportedOperationError, match=f"this Employee is that of a {name}, and"):
                await write(Employee(id=key, name="new"))
    assert (await employees.update(Director(id=4, name="new"))).name == "new"
    assert await QuerySet(Employee, session).filter(name="new").values_list("id", "kind") == [(4, "director")]


async def test_bulk_update_of_what_another_table_has(session: AsyncSession) -> None:
    """Refused as of update(): SQL would take it from any row of that."""

    class Managers(BaseRepository[Manager]): ...

    managers = Managers(session)
    before = await managers.objects.order_by("id").values_list("id", "budget")
    with pytest.raises(UnsupportedOperationError, match=r"update\(budget=…\).*no column of another table"):
        await managers.bulk_update([{"id": before[0][0], "budget": F("salary") + 1}], ["budget"])
    assert await managers.objects.order_by("id").values_list("id", "budget") == before
    await managers.bulk_update([{"id": before[0][0], "budget": F("level") + 1}], ["budget"])
