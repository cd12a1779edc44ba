"""`bulk_create()` of objects that bring along others: what a flush would have stored, wave by wave."""

from typing import Any, Final

import pytest
from sqlalchemy import Column, ForeignKey, String, Table, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, attribute_keyed_dict, mapped_column, relationship

from django_like_repos import BaseRepository, Database, InvalidLookupValueError
from tests.recording import RecordedSQL
from tests.writes.models import Job, Label, Seat, Step, Ticket, job_labels
from tests.writes.repositories import JobRepository, QueueRepository, TicketRepository


class Base(DeclarativeBase):
    """The tree, and what waits for each other."""


class Part(Base):
    __tablename__ = "parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    child_a_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"))
    child_b_id: Mapped[int | None] = mapped_column(ForeignKey("parts.id"))

    child_a: Mapped["Part | None"] = relationship(foreign_keys=[child_a_id], remote_side=[id])
    child_b: Mapped["Part | None"] = relationship(foreign_keys=[child_b_id], remote_side=[id])


class Folder(Base):
    """Owned from above, the other way round."""

    __tablename__ = "folders"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folders.id"))

    children: Mapped[list["Folder"]] = relationship(cascade="all, delete-orphan")
    papers: Mapped[dict[str, "Paper"]] = relationship(
        back_populates="folder", collection_class=attribute_keyed_dict("title")
    )
    tags: Mapped[set["Tag"]] = relationship(secondary="folder_tags", back_populates="folders")


class Paper(Base):
    __tablename__ = "papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int] = mapped_column(default=1)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))

    folder: Mapped[Folder] = relationship(back_populates="papers")
    marks: Mapped[list["Tag"]] = relationship(secondary="paper_marks")


class Tag(Base):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

    folders: Mapped[set[Folder]] = relationship(secondary="folder_tags", back_populates="tags")


Table(
    "paper_marks",
    Base.metadata,
    Column("paper_id", ForeignKey("papers.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    Column("colour", String, default="red"),
)


Table(
    "folder_tags",
    Base.metadata,
    Column("folder_id", ForeignKey("folders.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class PartRepository(BaseRepository[Part]): ...


class FolderRepository(BaseRepository[Folder]): ...


class PaperRepository(BaseRepository[Paper]): ...


DEEP: Final = 5


def tree(depth: int, name: str = "r") -> Part:
    if depth == 1:
        return Part(name=name, child_a=None, child_b=None)
    return Part(name=name, child_a=tree(depth - 1, name + "a"), child_b=tree(depth - 1, name + "b"))


def nodes(part: Part | None) -> list[Part]:
    return [] if part is None else [part, *nodes(part.child_a), *nodes(part.child_b)]


@pytest.fixture
async def graphs(fresh_database: Database) -> Any:
    await fresh_database.create_all(Base.metadata)
    async with fresh_database.session() as session:
        yield session


async def test_a_tree(graphs: AsyncSession, sql: RecordedSQL) -> None:
    root = tree(DEEP)
    sql.clear()
    assert await PartRepository(graphs).flush().bulk_create([root]) == [root]
    inserts = [statement for statement, _ in sql.statements if statement.startswith("INSERT")]
    assert len(inserts) == DEEP
    for part in nodes(root):
        state = inspect(part)
        assert (state.persistent, state.modified) == (True, False)
        assert part.child_a_id == (part.child_a.id if part.child_a else None)
    sql.clear()
    await graphs.flush()
    assert not sql.statements
    graphs.expunge_all()
    found = {part.id: part for part in await graphs.scalars(select(Part))}
    again = [part for part in found.values() if part.name == "r"]
    while again:
        part = again.pop()
        for letter, key in (("a", part.child_a_id), ("b", part.child_b_id)):
            if key is not None:
                assert found[key].name == part.name + letter
                again.append(found[key])
            else:
                assert len(part.name) == DEEP
    assert len(found) == 2**DEEP - 1


async def test_relations_of_all_kinds(graphs: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    old, common = Tag(name="old"), Tag(name="common")
    graphs.add(old)
    await graphs.flush()
    inner = Folder(name="inner", tags={common})
    root = Folder(name="root", children=[inner, Folder(name="empty")], tags={common, old})
    inner.papers["one"] = Paper(title="one")
    loose = Paper(title="two", pages="3", folder=inner)
    sql.clear()
    made = await FolderRepository(graphs).flush().bulk_create([root, Folder(name="other")])
    inserts = [statement.split(" (")[0] for statement, _ in sql.statements if statement.startswith("INSERT")]
    # A wave is one statement; few rows SQLite is asked one by one what it numbers them.
    assert inserts.count("INSERT INTO papers") == (1 if backend == "postgresql" else 2)
    tables = ["folders", "papers", "tags", "folder_tags"]
    assert {*inserts} == {f"INSERT INTO {table}" for table in tables}
    assert inserts.count("INSERT INTO folders") == (2 if backend == "postgresql" else 4)
    assert [folder.name for folder in made] == ["root", "other"]
    assert (inner.parent_id, loose.folder_id, loose.pages, inner.papers["two"]) == (
        root.id,
        inner.id,
        3,
        loose,
    )
    found = (await graphs.execute(text("SELECT folder_id, tag_id FROM folder_tags ORDER BY 1, 2"))).all()
    assert {tuple(row) for row in found} == {(root.id, old.id), (root.id, common.id), (inner.id, common.id)}
    sql.clear()
    await graphs.flush()
    assert not sql.statements


async def test_a_parent_that_has_a_row(jobs: AsyncSession) -> None:
    queue = await QueueRepository(jobs).objects.get(name="idle")
    label = await jobs.get_one(Label, 1)
    made = (
        await JobRepository(jobs)
        .flush()
        .bulk_create(
            [
                Job(
                    code="x",
                    queue=queue,
                    labels=[label, Label(name="fresh")],
                    steps=[Step(name="s", done=True)],
                ),
                Job(code="y", queue=queue, parent=Job(code="z", queue=queue)),
            ]
        )
    )
    assert [job.queue_id for job in made] == [3, 3]
    assert made[0].steps[0].job_id == made[0].id
    assert made[1].parent is not None
    assert made[1].parent_id == made[1].parent.id
    await jobs.flush()
    links = await jobs.execute(select(job_labels.c.label_id).where(job_labels.c.job_id == made[0].id))
    assert len(links.all()) == 2


async def test_composite_foreign_keys(jobs: AsyncSession) -> None:
    ticket = Ticket(holder="Z", seat=Seat(row="z", number=9))
    await TicketRepository(jobs).flush().bulk_create([ticket])
    assert (ticket.seat_row, ticket.seat_number) == ("z", 9)


async def test_a_relation_that_is_none_goes_before_the_key(jobs: AsyncSession) -> None:
    made = (
        await JobRepository(jobs).flush().bulk_create([Job(code="n", queue_id=1, parent_id=1, parent=None)])
    )
    assert made[0].parent_id is None


async def test_what_only_a_flush_can_do(graphs: AsyncSession, sql: RecordedSQL) -> None:
    first, second = Part(name="1"), Part(name="2")
    first.child_a, second.child_a = second, None
    third = Part(name="3", child_a=first)
    graphs.add(third)
    # Pending already, and so are those that it leads to.
    fourth = Part(name="4", child_a=third)
    assert await PartRepository(graphs).flush().bulk_create([fourth]) == [fourth]
    assert fourth.child_a_id == third.id
    # With a key that another new one has: whoever is first is known to the flush.
    given = [Paper(title="x", folder_id=70), Paper(title="y", folder=Folder(id=70, name="seventy"))]
    await PaperRepository(graphs).flush().bulk_create(given)
    assert [paper.folder_id for paper in given] == [70, 70]


async def test_what_is_wrong_is_refused_before_anything_is_written(
    graphs: AsyncSession, sql: RecordedSQL
) -> None:
    papers = PaperRepository(graphs).flush()
    good = Paper(title="x", folder=Folder(name="x"))
    sql.clear()
    with pytest.raises(InvalidLookupValueError, match=r"pages.*row 1"):
        await papers.bulk_create([good, Paper(title="y", pages="two", folder=Folder(name="y"))])
    with pytest.raises(InvalidLookupValueError, match=r"folder_id=None"):
        await papers.bulk_create([good, Paper(title="y")])
    with pytest.raises(InvalidLookupValueError, match=r"name=None"):
        await papers.bulk_create([good, Paper(title="y", folder=Folder())])
    assert not sql.statements
    assert inspect(good).transient
    assert "folder_id" not in vars(good)


async def test_a_violation_leaves_objects_as_they_were(graphs: AsyncSession) -> None:
    root = Folder(name="root", children=[Folder(name="twice"), Folder(name="twice")])
    with pytest.raises(IntegrityError):
        await FolderRepository(graphs).flush().bulk_create([root])
    assert inspect(root).transient
    assert "id" not in vars(root)
    root.children[1].name = "once"
    await FolderRepository(graphs).flush().bulk_create([root])
    assert [child.parent_id for child in root.children] == [root.id, root.id]


async def test_a_table_between_that_has_defaults(graphs: AsyncSession) -> None:
    folder = Folder(name="root")
    folder.papers["one"] = Paper(title="one", marks=[Tag(name="due")])
    repository = FolderRepository(graphs).flush()
    assert (await repository.bulk_way([folder])).why.endswith("a table between two objects has defaults")
    await repository.bulk_create([folder])
    assert (await graphs.scalars(text("SELECT colour FROM paper_marks"))).all() == ["red"]
