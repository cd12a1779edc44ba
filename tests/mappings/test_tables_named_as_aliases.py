"""Tables that are called as SQLAlchemy calls its aliases: no alias takes the name of a table."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Table, exists, select
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column, relationship

from django_like_repos import Count, Database, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django_like_repos.query.functions.windows import RowNumber
from tests.recording import RecordedSQL


class Base(DeclarativeBase):
    """The models of this module."""


class Game(Base):
    """The table of the one is what the aliases of the other would be called."""

    __tablename__ = "level_1"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    levels: Mapped[list["Level"]] = relationship(back_populates="game")
    tags: Mapped[list["Tag"]] = relationship(secondary="marks", back_populates="games")


class Level(Base):
    __tablename__ = "level"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    game_id: Mapped[int] = mapped_column(ForeignKey("level_1.id"))
    game: Mapped[Game] = relationship(back_populates="levels")


class Tag(Base):
    """What SQLAlchemy calls a derived table, ours call that of keys, and aliases of the table between."""

    __tablename__ = "anon_1"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    games: Mapped[list[Game]] = relationship(secondary="marks", back_populates="tags")


marks = Table(
    "marks",
    Base.metadata,
    Column("game_id", ForeignKey("level_1.id"), primary_key=True),
    Column("tag_id", ForeignKey("anon_1.id"), primary_key=True),
)


class Mark(Base):
    __tablename__ = "MARKS_1"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    level: Mapped[Level | None] = relationship()


class Keys(Base):
    __tablename__ = "keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    parts: Mapped[list["Part"]] = relationship(back_populates="of")


class Part(Base):
    """One that lies in two tables, the second called as an alias of the first."""

    __tablename__ = "part"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    keys_id: Mapped[int] = mapped_column(ForeignKey("keys.id"))
    of: Mapped[Keys] = relationship(back_populates="parts")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "part"}  # noqa: RUF012


class Wheel(Part):
    __tablename__ = "part_1"

    id: Mapped[int] = mapped_column(ForeignKey("part.id"), primary_key=True)
    size: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "wheel"}  # noqa: RUF012


def rows() -> Iterable[list[Any]]:
    red, blue = Tag(id=1, name="red"), Tag(id=2, name="blue")
    yield [
        Game(id=1, name="go", tags=[red, blue]),
        Game(id=2, name="chess", tags=[blue]),
        Game(id=3, name="none"),
    ]
    yield [
        Level(id=1, name="x", game_id=1),
        Level(id=2, name="y", game_id=1),
        Level(id=3, name="x", game_id=2),
        Level(id=4, name="z", game_id=2),
    ]
    yield [Mark(id=1, text="a", level_id=1), Mark(id=2, text="b", level_id=4), Mark(id=3, text="c")]
    yield [Keys(id=1), Keys(id=2)]
    yield [Wheel(id=1, keys_id=1, size=5), Wheel(id=2, keys_id=1, size=7), Part(id=3, keys_id=2)]


@pytest.fixture
async def games(fresh_database: Database, sql: RecordedSQL) -> Database:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        for each in rows():
            session.add_all(each)
            await session.flush()
        await session.commit()
    return fresh_database


WHEELS = QuerySet(Part).filter(of__parts__kind="wheel")

CHAINS: dict[str, tuple[type[Any], Any, list[int]]] = {
    "a join": (Game, lambda q: q.filter(levels__name="y"), [1]),
    "a join to one": (Level, lambda q: q.filter(game__name="go"), [1, 2]),
    "two joins": (Game, lambda q: q.filter(levels__name="x").filter(levels__name="y"), [1]),
    "exclude": (Game, lambda q: q.exclude(levels__name="z"), [1, 3]),
    "exclude beside": (Game, lambda q: q.filter(Q(levels__name="x"), ~Q(levels__name="y")), [1, 2]),
    "isnull": (Game, lambda q: q.filter(levels__isnull=True), [3]),
    "exclude isnull": (Game, lambda q: q.exclude(levels__isnull=True), [1, 2]),
    "Exists": (Game, lambda q: q.filter(Exists(QuerySet(Level).filter(game_id=OuterRef("id")))), [1, 2]),
    "Exists of itself": (
        Game,
        lambda q: q.filter(Exists(QuerySet(Game).filter(levels__name="z", id=OuterRef("id")))),
        [2],
    ),
    "Exists of a related one": (
        Level,
        lambda q: q.filter(Exists(QuerySet(Game).filter(levels=OuterRef("id"), tags__name="red"))),
        [1, 2],
    ),
    "a subquery": (
        Game,
        lambda q: q.filter(
            id=Subquery(QuerySet(Level).filter(game=OuterRef("pk"), name="z").values("game_id"))
        ),
        [2],
    ),
    "a list": (
        Game,
        lambda q: q.filter(id__in=QuerySet(Level).filter(game__tags__name="red").values("game")),
        [1],
    ),
    "many to many": (Game, lambda q: q.filter(tags__name="blue"), [1, 2]),
    "many to many, back": (Tag, lambda q: q.filter(games__name="chess"), [2]),
    "many to many, twice": (Game, lambda q: q.filter(tags__name="blue").filter(tags__name="red"), [1]),
    "many to many, none": (Game, lambda q: q.exclude(tags__name="red"), [2, 3]),
    "many to many, missing": (Game, lambda q: q.filter(tags__isnull=True), [3]),
    "three tables": (Mark, lambda q: q.filter(level__game__levels__name="y"), [1]),
    "exclude across three": (Mark, lambda q: q.exclude(level__game__levels__name="z"), [1, 3]),
    "a count": (Game, lambda q: q.annotate(n=Count("levels")).filter(n=2), [1, 2]),
    "a window": (
        Level,
        lambda q: q.annotate(n=Window(RowNumber(), partition_by="game_id", order_by="id")).filter(n=1),
        [1, 3],
    ),
    "a window of a derived table": (
        Tag,
        lambda q: q.annotate(n=Window(RowNumber(), order_by="id")).filter(n=2),
        [2],
    ),
    "a union": (Tag, lambda q: q.filter(id=1).union(q.filter(name="blue")), [1, 2]),
    "distinct values": (Tag, lambda q: q.filter(games__levels__name="x"), [1, 2]),
    "keys": (Keys, lambda q: q.filter(parts__kind="wheel"), [1]),
    "keys around": (
        Keys,
        lambda q: q.filter(Exists(WHEELS.filter(keys_id=OuterRef("id")).order_by("of__parts__id")[:2])),
        [1],
    ),
    "a subclass": (Wheel, lambda q: q.filter(of__parts__wheel__size=7), [1, 2]),
    "a subclass from its base": (Part, lambda q: q.filter(wheel__size__gt=5), [2]),
    "exclude a subclass": (Keys, lambda q: q.exclude(parts__wheel__size=7), [2]),
    "SQLAlchemy's": (
        Level,
        lambda q: q.filter(exists().where(Game.id == Level.game_id, Game.name == "go")),
        [1, 2],
    ),
    "SQLAlchemy's beside": (
        Mark,
        lambda q: q.filter(select(Game.id).where(Game.name == "go").exists(), level__name="z"),
        [2],
    ),
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", CHAINS)
async def test_rows_and_numbers(games: Database, sql: RecordedSQL, name: str) -> None:
    model, chain, expected = CHAINS[name]
    async with games.session() as session:
        queryset = chain(QuerySet(model, session))
        assert sorted(each.id for each in await queryset) == expected
        assert await queryset.count() == len(expected)
        assert await queryset.exists()
        page = await queryset.order_by("id")[0:1]
        assert [each.id for each in page] == expected[:1]
        for statement, _ in sql.statements:
            names_stand_for_one_table(statement)


# A union is not written, and of rows in two tables the keys are read first.
UNWRITTEN = {"a union", "a subclass"}


@pytest.mark.sampled
@pytest.mark.parametrize("name", [name for name in CHAINS if name not in UNWRITTEN])
async def test_only_what_was_found_is_written(games: Database, name: str) -> None:
    model, chain, expected = CHAINS[name]
    column = {Level: "name", Game: "name", Tag: "name", Mark: "text", Part: "keys_id"}.get(model, "id")
    value = F(column) if column in ("id", "keys_id") else "written"
    async with games.session() as session:
        assert sorted((await chain(QuerySet(model, session)).update(**{column: value})).scalars()) == expected


async def test_a_delete_by_exists_removes_what_it_says(games: Database) -> None:
    async with games.session() as session:
        levels = QuerySet(Level, session)
        of_go = Exists(QuerySet(Game).filter(id=OuterRef("game_id"), levels__name="z"))
        await QuerySet(Mark, session).delete()
        assert sorted((await levels.filter(of_go).delete()).scalars()) == [3, 4]
        assert await levels.count() == 2


async def test_aliases_of_the_users(games: Database) -> None:
    """Names that SQLAlchemy expressions bring are taken too."""
    async with games.session() as session:
        for name in ("level_1", "anon_1", "marks_1", "keys"):
            other = aliased(Level, name=name)
            mine = exists().where(other.game_id == Level.game_id, other.name == "z")
            chain = QuerySet(Level, session).filter(mine, game__levels__name="x").order_by("id")
            assert [each.id for each in await chain] == [3, 4]
            assert await chain.count() == 2


async def test_names_stay_where_nothing_meets() -> None:
    assert "JOIN keys ON" not in QuerySet(Part).filter(of__id=1).sql()
    joined = QuerySet(Part).filter(of__parts__id=1).values_list("of__parts__id").sql()
    assert "JOIN keys AS keys_1" in joined


def names_stand_for_one_table(statement: str) -> None:
    """Asserts that whatever is named by AS is named so once on its level, and is no table's name."""
    tables = {table.lower() for table in Base.metadata.tables}
    for alias in re.findall(r'(?:JOIN|FROM|,) (?:"?\w+"?|\)) AS "?(\w+)"?', statement):
        assert alias.lower() not in tables, statement


def long_names(table: str, other: str) -> tuple[Any, Any]:
    """A class that refers to itself and one beside it, in tables of these names."""

    class Own(DeclarativeBase):
        """Of one test."""

    class Upper(Own):
        __tablename__ = table
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        upper_id: Mapped[int | None] = mapped_column(ForeignKey(f"{table}.id"))
        upper: Mapped["Upper | None"] = relationship(back_populates="lowers", remote_side=[id])
        lowers: Mapped[list["Upper"]] = relationship(back_populates="upper")
        besides: Mapped[list["Beside"]] = relationship(back_populates="upper")

    class Beside(Own):
        __tablename__ = other
        id: Mapped[int] = mapped_column(primary_key=True)
        upper_id: Mapped[int] = mapped_column(ForeignKey(f"{table}.id"))
        upper: Mapped[Upper] = relationship(back_populates="besides")

    return Upper, Beside


@pytest.mark.parametrize(
    ("table", "other"),
    [("l" * 63, "l" * 57 + "_1"), ("l" * 58, "plain"), ("ж" * 31, "plain"), ("я" * 31, "я" * 30 + "_1")],
)
async def test_names_that_would_be_cut(fresh_database: Database, table: str, other: str) -> None:
    upper, below = long_names(table, other)
    await fresh_database.create_all(upper.metadata)
    async with fresh_database.session() as session:
        session.add_all([upper(id=1, name="a"), upper(id=2, name="b", upper_id=1), upper(id=3, name="c")])
        await session.flush()
        session.add_all([below(id=1, upper_id=1), below(id=2, upper_id=2), below(id=3, upper_id=3)])
        await session.flush()
        chain = QuerySet(below, session)
        assert [each.id for each in await chain.filter(upper__upper__name="a")] == [2]
        assert await chain.filter(upper__lowers__name="b").values_list("upper__lowers__besides") == [(2,)]
        alone = Exists(QuerySet(upper).filter(besides=OuterRef("pk"), lowers__isnull=True))
        assert sorted((await chain.exclude(upper__lowers__name="b").update(upper_id=3)).scalars()) == [2, 3]
        assert sorted((await chain.filter(alone).delete()).scalars()) == [2, 3]
