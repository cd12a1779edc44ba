"""Names are looked up and values are bound: no text of a user's becomes SQL."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, F, Q, QueryError, QuerySet, Value
from examples.help_center.models import Section
from tests.recording import RecordedSQL

EVIL = [
    "'; DROP TABLE sections; --",
    '"; DROP TABLE sections; --',
    "' OR '1'='1",
    "x') OR 1=1 --",
    "\\'; DELETE FROM sections; --",
    "%' OR 1=1 --",
    "x' UNION SELECT 1, code, 2 FROM publication_statuses --",
    "/* x */ 1",
    "$1",
    ":name",
    "%(name)s",
    "?",
    "{name}",
    "%s %d %%",
    "\n;\nDROP TABLE sections;\n",
    "$$; DROP TABLE sections; $$",
]

# What a name would have to say to get into a statement.
EVIL_NAMES = [
    "name; DROP TABLE sections",
    'name" OR 1=1 --',
    "name) OR (1=1",
    "name = name --",
    "(SELECT 1)",
    "name AS x",
    "sections.name",
    "name, id",
    "1",
    "*",
    "name__exact; --",
    "name__contains' OR '1'='1",
    "status__code; --",
    "status__code') --",
    "-name; --",
    "random()",
]


class SectionRepository(BaseRepository[Section]): ...


@pytest.fixture
def sections(session: AsyncSession) -> QuerySet[Section]:
    return SectionRepository(session).objects


async def untouched(session: AsyncSession) -> bool:
    return bool(await session.scalar(text("SELECT count(*) = 7 FROM sections")))


CONDITIONS: dict[str, Callable[[QuerySet[Section], str], QuerySet[Section]]] = {
    "exact": lambda sections, evil: sections.filter(name=evil),
    "iexact": lambda sections, evil: sections.filter(name__iexact=evil),
    "contains": lambda sections, evil: sections.filter(name__contains=evil),
    "icontains": lambda sections, evil: sections.filter(name__icontains=evil),
    "istartswith": lambda sections, evil: sections.filter(name__istartswith=evil),
    "endswith": lambda sections, evil: sections.filter(name__endswith=evil),
    "like": lambda sections, evil: sections.filter(name__like=evil),
    "in": lambda sections, evil: sections.filter(name__in=[evil, "x"]),
    "range": lambda sections, evil: sections.filter(name__range=(evil, evil)),
    "related": lambda sections, evil: sections.filter(status__code=evil),
    "to many": lambda sections, evil: sections.filter(subsections__name=evil),
    "negated": lambda sections, evil: sections.filter(id__lt=0).exclude(subsections__name=evil),
    "either": lambda sections, evil: sections.filter(Q(name=evil) | Q(status__name=evil)),
    "value": lambda sections, evil: sections.filter(name=Value(evil)),
    "expression": lambda sections, evil: sections.filter(name=F("name") + evil),
    "SQLAlchemy": lambda sections, evil: sections.filter(Section.name == evil),
    "subquery": lambda sections, evil: sections.filter(id__in=sections.filter(name=evil)),
    "slice": lambda sections, evil: sections.filter(name=evil).order_by("status__code")[1:3],
}


@pytest.mark.sampled
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
async def test_values_of_conditions(
    condition: Callable[[QuerySet[Section], str], QuerySet[Section]],
    sections: QuerySet[Section],
    session: AsyncSession,
    sql: RecordedSQL,
) -> None:
    for evil in EVIL:
        queryset = condition(sections, evil)
        assert await queryset == []
        assert "DROP" not in sql.last
        assert "UNION" not in sql.last
        assert await queryset.count() == 0
        assert await queryset.exists() is False
    assert await untouched(session)


@pytest.mark.sampled
@pytest.mark.parametrize("evil", EVIL)
async def test_values_that_are_there(evil: str, sections: QuerySet[Section], session: AsyncSession) -> None:
    """Stored, found again by every lookup, changed and deleted: as data."""
    repo = SectionRepository(session).flush()
    made = await repo.create(name=evil, status_id=1)
    await repo.bulk_create([{"name": evil + "2", "status_id": 1}])

    for name in (
        "exact",
        "iexact",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
    ):
        found = sections.filter(**{f"name__{name}": evil})
        assert made.id in await found.values_list("id", flat=True), name
    assert await sections.filter(name__in=[evil]).values_list("name", flat=True) == [evil]
    assert await sections.filter(name__range=(evil, evil)).values_list("name", flat=True) == [evil]
    assert (await sections.filter(name=evil).update(name=evil + "3")).rowcount == 1
    assert (await sections.get_or_create({"status_id": 1}, name=evil + "3")) == (made, False)
    assert (await sections.filter(name__startswith=evil).delete()).rowcount == 2
    assert await untouched(session)


@pytest.mark.parametrize("evil", EVIL_NAMES)
async def test_names(evil: str, sections: QuerySet[Section], session: AsyncSession, sql: RecordedSQL) -> None:
    untyped: Any = sections
    chains: list[Callable[[], Any]] = [
        lambda: untyped.filter(**{evil: "x"}),
        lambda: untyped.filter(**{f"status__{evil}": "x"}),
        lambda: untyped.filter(name=F(evil)),
        lambda: untyped.filter(id=F(evil) + 1),
        lambda: untyped.order_by(evil),
        lambda: untyped.values(evil),
        lambda: untyped.values_list(evil, flat=True),
        lambda: untyped.values_list(evil, named=True),
        lambda: untyped.options(evil),
        lambda: untyped.innerjoin(evil),
        lambda: untyped.outerjoin(evil),
        lambda: untyped.returning(evil),
    ]
    for chain in chains:
        with pytest.raises(QueryError):
            chain()
    for awaited in (
        untyped.update({evil: "x"}),
        untyped.update(name=F(evil)),
        untyped.in_bulk([1], field_name=evil),
        untyped.get_or_create({evil: "x"}, name="x"),
        SectionRepository(session).create(**{evil: "x"}),
    ):
        with pytest.raises(QueryError):
            await awaited
    assert len(sql) == 0


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("dialect", [PGDialect, SQLiteDialect], ids=["postgresql", "sqlite"])
def test_text_with_values_is_escaped(evil: str, dialect: Any) -> None:
    """`sql()` writes values as literals, for eyes; they must be literals still."""
    written = QuerySet(Section).filter(name=evil).sql(dialect())

    literal = "'" + evil.replace("'", "''") + "'"
    # PostgreSQL's dialect doubles what its driver or its server would read as an escape.
    doubled = literal.replace("%", "%%").replace("\\", "\\\\")
    assert written.endswith((f"name = {literal}", f"name = {doubled}"))


async def test_the_text_with_values_runs_as_meant(sections: QuerySet[Section], session: AsyncSession) -> None:
    connection = await session.connection()
    for evil in EVIL:
        written = sections.filter(name=evil).sql()
        assert (await connection.exec_driver_sql(written)).all() == []
    assert await untouched(session)


async def test_wildcards_are_characters(session: AsyncSession) -> None:
    sections = SectionRepository(session)
    await sections.flush().bulk_create(
        [{"name": name, "status_id": 1} for name in ("100%", "1000", "a_b", "a/b")]
    )

    async def names(**condition: str) -> list[str]:
        return (
            await sections.objects.filter(id__gt=7, **condition).order_by("id").values_list("name", flat=True)
        )

    assert await names(name__contains="0%") == ["100%"]
    assert await names(name__icontains="_") == ["a_b"]
    assert await names(name__startswith="a/") == ["a/b"]
    assert await names(name__iendswith="%") == ["100%"]
    assert await names(name__like="a_b") == ["a_b", "a/b"]


async def test_aliases_are_the_librarys(sections: QuerySet[Section], sql: RecordedSQL) -> None:
    """A name is in a statement only as the mapping spells it."""
    await sections.values("name", "status__code")
    assert "status__code" not in sql.last
    rows = await sections.values_list("status__name", named=True)
    assert rows[0]._fields == ("status__name",)
