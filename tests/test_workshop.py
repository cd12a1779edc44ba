"""The tests' own tools, where a fault of theirs would let other tests pass."""

import pytest
from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import Database
from examples.help_center.models import Section
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ("SELECT a\nFROM b  WHERE c", "SELECT a FROM b WHERE c"),
        ("a IN (SELECT b)", "a IN (\n    SELECT b\n)"),
        ("a = ? AND b = ?", "a = 15 AND b = 'it''s'"),
        ("a = $1::VARCHAR AND b = $2 ORDER BY c", "a = 'x' AND b = -1.5 ORDER BY c"),
        ("a = ANY ($1::INTEGER[]) LIMIT $2::INTEGER", "a = ANY (?) LIMIT 1"),
        ("a > $1::TIMESTAMP WITH TIME ZONE AND b < $2::NUMERIC(10, 2)", "a > ? AND b < ?"),
        ("a = :a_1 OR b::TEXT = :b_1", "a = ? OR b::TEXT = ?"),
    ],
)
def test_sql_that_is_the_same(actual: str, expected: str) -> None:
    same_sql(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        ("SELECT a FROM b", "select a from b"),
        ("sections_1.id = ?", "sections_2.id = ?"),
        ("t1.id", "t2.id"),
        ("a = ?", "a = b"),
        ("a = ? AND b = ?", "a = ?"),
        ("a = $1::VARCHAR ORDER BY b", "a = ?"),
        ("a IN (?, ?)", "a IN (?)"),
        ("b::TEXT", "b::INTEGER"),
        ("a = NULL", "a = ?"),
    ],
)
def test_sql_that_differs(actual: str, expected: str) -> None:
    with pytest.raises(AssertionError):
        same_sql(actual, expected)


async def test_only_queries_are_recorded(session: AsyncSession, sql: RecordedSQL) -> None:
    async with session.begin_nested():
        await session.scalars(select(Section.name).where(Section.id == 7))

    assert len(sql) == 1
    same_sql(sql.last, "SELECT sections.name FROM sections WHERE sections.id = ?")
    assert [tuple(parameters) for _, parameters in sql.statements] == [(7,)]


async def test_rows_are_numbered_from_one(session: AsyncSession) -> None:
    sections = (await session.scalars(select(Section).order_by(Section.id))).all()

    assert [section.id for section in sections] == [1, 2, 3, 4, 5, 6, 7]
    assert [sections[0].name, sections[-1].name] == ["Управление аккаунтом", "Настройки"]


async def test_what_the_session_commits_stays_in_the_test(
    session: AsyncSession, help_center_database: Database
) -> None:
    count = select(func.count()).select_from(Section)
    session.add(Section(name="Новости", status_id=1))
    await session.commit()
    await session.rollback()

    async with help_center_database.session() as another:
        assert (await session.scalar(count), await another.scalar(count)) == (8, 7)


async def test_every_alphabet_folds(session: AsyncSession) -> None:
    folded = await session.execute(select(func.lower(literal("УПРАВЛЕНИЕ")), func.upper(literal("élan"))))

    assert tuple(folded.one()) == ("управление", "ÉLAN")
