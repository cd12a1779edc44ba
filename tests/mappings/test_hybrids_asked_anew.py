"""Hybrids that read the clock, the tenant or the language: plans keep none of what they said."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy import ColumnElement, ForeignKey, String, TypeDecorator, and_, case, literal
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import Count, Database, Exists, F, OuterRef, Q, QuerySet
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

NOW: ContextVar[int] = ContextVar("now", default=10)
TENANT: ContextVar[str] = ContextVar("tenant", default="red")
LANGUAGE: ContextVar[str] = ContextVar("language", default="en")


class Base(DeclarativeBase):
    """The models of this module."""


class Here(Comparator[str]):
    """Compares within the tenant at hand."""

    __hash__ = Comparator.__hash__

    def __eq__(self, other: Any) -> ColumnElement[bool]:  # type: ignore[override]
        return and_(self.__clause_element__() == other, Lease.tenant == TENANT.get())


class House(Base):
    __tablename__ = "houses"

    id: Mapped[int] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_de: Mapped[str]
    leases: Mapped[list["Lease"]] = relationship(back_populates="house")

    @hybrid_property
    def name(self) -> str:
        return self.name_en if LANGUAGE.get() == "en" else self.name_de


class Lease(Base):
    __tablename__ = "leases"

    id: Mapped[int] = mapped_column(primary_key=True)
    until: Mapped[int]
    tenant: Mapped[str]
    code: Mapped[str]
    house_id: Mapped[int] = mapped_column(ForeignKey("houses.id"))
    house: Mapped[House] = relationship(back_populates="leases")

    @hybrid_property
    def expired(self) -> bool:
        return self.until < NOW.get()

    @hybrid_property
    def left(self) -> int:
        return self.until - NOW.get()

    @hybrid_property
    def mine(self) -> bool:
        return self.tenant == TENANT.get()

    @hybrid_property
    def seen(self) -> bool:
        return self.tenant in (TENANT.get(), "all")

    @seen.inplace.expression
    @classmethod
    def _seen(cls) -> ColumnElement[bool]:
        return cls.tenant.in_([TENANT.get(), "all"])

    @hybrid_property
    def stage(self) -> str:
        return "late" if self.until < NOW.get() else self.code

    @stage.inplace.expression
    @classmethod
    def _stage(cls) -> ColumnElement[str]:
        return case((cls.until < NOW.get(), literal("late")), else_=cls.code)

    @hybrid_property
    def shown(self) -> str:
        return self.code

    @shown.inplace.expression
    @classmethod
    def _shown(cls) -> ColumnElement[str]:
        return literal("x", Uncached) if LANGUAGE.get() == "odd" else cls.code + LANGUAGE.get()

    @hybrid_property
    def label(self) -> str:
        return self.code

    @label.inplace.comparator
    @classmethod
    def _label(cls) -> Here:
        return Here(cls.code)


class Uncached(TypeDecorator[str]):
    """Of which SQLAlchemy makes no cache key, as of many that users write."""

    impl = String
    cache_ok = False


@contextmanager
def told(**values: Any) -> Iterator[None]:
    names: dict[str, ContextVar[Any]] = {"now": NOW, "tenant": TENANT, "language": LANGUAGE}
    tokens = [(names[name], names[name].set(value)) for name, value in values.items()]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


def rows() -> Iterable[list[Any]]:
    yield [House(id=1, name_en="barn", name_de="Scheune"), House(id=2, name_en="zoo", name_de="Zoo")]
    yield [
        Lease(id=1, until=5, tenant="red", code="a", house_id=1),
        Lease(id=2, until=15, tenant="blue", code="b", house_id=1),
        Lease(id=3, until=25, tenant="red", code="c", house_id=2),
        Lease(id=4, until=35, tenant="all", code="a", house_id=2),
    ]


@pytest.fixture
async def leases(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        for each in rows():
            session.add_all(each)
            await session.flush()
        await session.commit()
    return fresh_database


CHAINS: dict[str, tuple[Any, dict[int, Any]]] = {
    "filter": (lambda q: q.filter(expired=True).values_list("id"), {10: [1], 20: [1, 2], 40: [1, 2, 3, 4]}),
    "exclude": (lambda q: q.exclude(expired=True).values_list("id"), {10: [2, 3, 4], 20: [3, 4], 40: []}),
    "a lookup": (lambda q: q.filter(left__gt=0).values_list("id"), {10: [2, 3, 4], 20: [3, 4], 40: []}),
    "F": (lambda q: q.filter(until__gt=F("left") + 15).values_list("id"), {10: [], 20: [1, 2, 3, 4]}),
    "values": (lambda q: q.filter(id=3).values_list("left", flat=True), {10: [15], 20: [5]}),
    "an annotation": (
        lambda q: q.annotate(more=F("left") + 1).filter(more__lte=6).values_list("id"),
        {10: [1, 2], 20: [1, 2, 3], 40: [1, 2, 3, 4]},
    ),
    "order": (lambda q: q.order_by("stage", "id").values_list("id"), {10: [4, 2, 3, 1], 20: [4, 3, 1, 2]}),
    "either": (lambda q: q.filter(Q(expired=True) | Q(id=4)).values_list("id"), {10: [1, 4], 20: [1, 2, 4]}),
    "a group": (
        lambda q: q.values("stage").annotate(n=Count("id")).order_by("stage").values_list("stage", "n"),
        {10: [("a", 1), ("b", 1), ("c", 1), ("late", 1)], 20: [("a", 1), ("c", 1), ("late", 2)]},
    ),
    "a subquery": (
        lambda q: q.filter(Exists(QuerySet(Lease).filter(expired=True, id=OuterRef("id")))).values_list("id"),
        {10: [1], 20: [1, 2]},
    ),
    "a list": (
        lambda q: q.filter(id__in=QuerySet(Lease).filter(expired=True).values("id")).values_list("id"),
        {10: [1], 20: [1, 2]},
    ),
    "a union": (
        lambda q: (
            q.order_by()
            .filter(expired=True)
            .values_list("id")
            .union(q.order_by().filter(left__gt=15).values_list("id"))
            .order_by("id")
        ),
        {10: [1, 4], 20: [1, 2]},
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", CHAINS)
async def test_the_clock(leases: Database, name: str) -> None:
    chain, expected = CHAINS[name]
    async with leases.session() as session:
        for now, found in expected.items():
            with told(now=now):
                answer = await chain(QuerySet(Lease, session).order_by("id"))
            assert [row[0] if isinstance(row, tuple) and len(row) == 1 else row for row in answer] == found
    # One plan served every moment.
    assert leases.plans.info().misses == 1


async def test_across_relations(leases: Database) -> None:
    async with leases.session() as session:
        houses = QuerySet(House, session).order_by("id")
        for now, found, excluded in ((10, [1], [2]), (20, [1], [2]), (30, [1, 2], []), (4, [], [1, 2])):
            with told(now=now):
                assert await houses.filter(leases__expired=True).values_list("id", flat=True) == found
                assert await houses.exclude(leases__expired=True).values_list("id", flat=True) == excluded
                assert await houses.filter(leases__expired=True).count() == len(found)
                assert await houses.filter(leases__expired=True).exists() == bool(found)
        for now, left in ((10, [-5, 5]), (20, [-15, -5])):
            with told(now=now):
                barn = houses.filter(id=1).order_by("leases__left")
                assert await barn.values_list("leases__left", flat=True) == left


@pytest.mark.parametrize("call", ["filter", "exclude"])
async def test_a_tenant_in_update_and_delete(leases: Database, call: str) -> None:
    async with leases.session() as session:
        chain = getattr(QuerySet(Lease, session), call)
        for tenant, theirs in (("red", [1, 3]), ("blue", [2]), ("green", [])):
            found = theirs if call == "filter" else sorted({1, 2, 3, 4}.difference(theirs))
            with told(tenant=tenant):
                assert sorted((await chain(mine=True).update(code="z")).scalars()) == found
        for tenant, gone in (("red", [1, 3]), ("blue", [2])) if call == "filter" else (("red", [2, 4]),):
            with told(tenant=tenant):
                assert sorted((await chain(mine=True).delete()).scalars()) == gone


async def test_lists_that_a_hybrid_makes(leases: Database) -> None:
    async with leases.session() as session:
        for tenant, found in (("red", [1, 3, 4]), ("blue", [2, 4]), ("green", [4])):
            with told(tenant=tenant):
                seen = QuerySet(Lease, session).filter(seen=True).order_by("id")
                assert await seen.values_list("id", flat=True) == found


async def test_another_language_is_another_plan(leases: Database, sql: RecordedSQL) -> None:
    """Which column is read is no value: each language has a plan of its own, found again."""
    async with leases.session() as session:
        houses = QuerySet(House, session).order_by("name")
        for _ in range(2):
            for language, names in (("en", ["barn", "zoo"]), ("de", ["Scheune", "Zoo"])):
                with told(language=language):
                    assert await houses.values_list("name", flat=True) == names
                    same_sql(
                        sql.last,
                        f"SELECT houses.name_{language} FROM houses ORDER BY houses.name_{language} ASC",
                    )
                    assert await houses.filter(name=names[0]).count() == 1
    assert leases.plans.info().currsize == 4


async def test_what_a_comparator_says_is_not_kept(leases: Database) -> None:
    async with leases.session() as session:
        for tenant, found in (("red", [1]), ("all", [4]), ("blue", [])):
            with told(tenant=tenant):
                labelled = QuerySet(Lease, session).filter(label="a")
                assert await labelled.values_list("id", flat=True) == found
                assert await labelled.count() == len(found)


async def test_with_sqlalchemy_expressions_beside(leases: Database) -> None:
    async with leases.session() as session:
        for now, least, found in ((10, 0, [1]), (20, 2, [2]), (30, 1, [1, 2, 3]), (30, 3, [3])):
            with told(now=now):
                mine = QuerySet(Lease, session).filter(Lease.id >= least, expired=True).order_by("id")
                assert await mine.values_list("id", flat=True) == found


async def test_another_language_of_what_is_related(leases: Database, sql: RecordedSQL) -> None:
    async with leases.session() as session:
        named = QuerySet(Lease, session).values_list("id", flat=True).order_by("id")
        asked = [("en", "barn", [1, 2]), ("de", "Scheune", [1, 2]), ("en", "zoo", [3, 4])]
        for language, name, found in asked:
            with told(language=language):
                assert await named.filter(house__name=name) == found
                assert f"WHERE houses_1.name_{language} = " in " ".join(sql.last.split())


@pytest.mark.parametrize("languages", [("en", "odd", "de"), ("odd", "en", "odd", "de"), ("odd", "odd", "en")])
async def test_what_has_a_cache_key_only_sometimes(leases: Database, languages: tuple[str, ...]) -> None:
    async with leases.session() as session:
        for language in languages:
            with told(language=language):
                shown = QuerySet(Lease, session).filter(id=1).values_list("shown", flat=True)
                assert await shown == ["x" if language == "odd" else f"a{language}"]
