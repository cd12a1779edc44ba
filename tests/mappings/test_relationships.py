"""Relations with conditions, orders and ways of loading of their own, and references to the own table."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    WriteOnlyMapped,
    aliased,
    foreign,
    mapped_column,
    relationship,
    remote,
)

from django_like_repos import F, Q, QuerySet, UnsupportedOperationError
from tests.mappings.reading import Chains, Make, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"), unique=True)

    parent: Mapped["Task | None"] = relationship(
        back_populates="children", remote_side=[id], foreign_keys=[parent_id], lazy="raise"
    )
    children: Mapped[list["Task"]] = relationship(
        back_populates="parent", foreign_keys=[parent_id], order_by="Task.name.desc()", lazy="raise_on_sql"
    )
    follows: Mapped["Task | None"] = relationship(
        back_populates="followed_by", remote_side=[id], foreign_keys=[follows_id]
    )
    followed_by: Mapped["Task | None"] = relationship(back_populates="follows", foreign_keys=[follows_id])
    """One to one, from the side that has no column."""

    notes: Mapped[list["Note"]] = relationship(back_populates="task", order_by="(Note.rank, Note.id)")
    notes_backwards: Mapped[list["Note"]] = relationship(order_by="Note.rank.desc()", viewonly=True)
    urgent_notes: Mapped[list["Note"]] = relationship(
        primaryjoin=lambda: and_(Task.id == foreign(Note.task_id), Note.urgent.is_(True)), viewonly=True
    )
    logs: WriteOnlyMapped["Log"] = relationship(back_populates="task", order_by="Log.id")
    dynamic_logs: DynamicMapped["Log"] = relationship(viewonly=True)
    namesakes: Mapped[list["Note"]] = relationship(
        primaryjoin=lambda: Task.name == foreign(Note.text), viewonly=True
    )
    """By a column that no foreign key is about."""
    earlier: Mapped[list["Task"]] = relationship(
        primaryjoin=lambda: foreign(remote(Task.id)) < Task.id, viewonly=True
    )
    """By something other than equality."""


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    rank: Mapped[int]
    urgent: Mapped[bool] = mapped_column(default=False)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("tasks.id"))

    task: Mapped[Task | None] = relationship(back_populates="notes", lazy="raise")


class Log(Base):
    __tablename__ = "logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"))

    task: Mapped[Task] = relationship(back_populates="logs")


_worst = select(Note).where(Note.rank > 1).subquery()
WorstNote = aliased(Note, _worst)
Task.worst_notes = relationship(WorstNote, primaryjoin=Task.id == WorstNote.task_id, viewonly=True)

METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Task(id=1, name="root")]
    yield [Task(id=2, name="a", parent_id=1), Task(id=3, name="b", parent_id=1, follows_id=1)]
    yield [Task(id=4, name="c", parent_id=2, follows_id=2), Task(id=5, name="alone")]
    yield [
        Note(id=1, text="x", rank=3, task_id=1),
        Note(id=2, text="y", rank=1, task_id=1, urgent=True),
        Note(id=3, text="z", rank=2, task_id=1),
        Note(id=4, text="a", rank=1, task_id=2),
        Note(id=5, text="alone", rank=9, task_id=3, urgent=True),
        Note(id=6, text="free", rank=0),
    ]
    yield [Log(id=1, text="in", task_id=1), Log(id=2, text="out", task_id=1), Log(id=3, text="in", task_id=3)]


CHAINS: Chains = {
    # To the own table
    "up": (Task, lambda q: q.filter(parent__name="root").order_by("id"), [2, 3]),
    "up by key": (Task, lambda q: q.filter(parent=1).order_by("-id"), [3, 2]),
    "up twice": (Task, lambda q: q.filter(parent__parent__name="root"), [4]),
    "up, not": (Task, lambda q: q.exclude(parent__name="root").order_by("id"), [1, 4, 5]),
    "up, none": (Task, lambda q: q.filter(parent=None).order_by("id"), [1, 5]),
    "up twice, none": (Task, lambda q: q.filter(parent__parent=None).order_by("id"), [1, 2, 3, 5]),
    "down": (Task, lambda q: q.filter(children__name__in=["a", "b", "c"]).order_by("id"), [1, 2]),
    "down twice": (Task, lambda q: q.filter(children__children__name="c"), [1]),
    "down, not": (Task, lambda q: q.exclude(children__name="a").order_by("id"), [2, 3, 4, 5]),
    "down, none": (Task, lambda q: q.filter(children=None).order_by("id"), [3, 4, 5]),
    "up and down": (Task, lambda q: q.filter(parent__children__name="b").order_by("id"), [2, 3]),
    "down and up": (Task, lambda q: q.filter(children__parent__id=1), [1]),
    "up and down of one row": (
        Task,
        lambda q: q.filter(parent__name="root", parent__children=3, name="a"),
        [2],
    ),
    "order up": (Task, lambda q: q.filter(parent__isnull=False).order_by("-parent__name", "id"), [2, 3, 4]),
    "order down": (Task, lambda q: q.filter(id__lt=3).order_by("-children__name"), [2, 1]),
    "F up": (Task, lambda q: q.filter(name__lt=F("parent__name")).order_by("id"), [2, 3]),
    "values up and down": (
        Task,
        lambda q: q.filter(id=2).values_list("parent__name", "children__name"),
        [("root", "c")],
    ),
    "one to one": (Task, lambda q: q.filter(follows__name="a"), [4]),
    "one to one, from the other side": (Task, lambda q: q.filter(followed_by__name="c"), [2]),
    "one to one, not": (Task, lambda q: q.exclude(followed_by__name="c").order_by("id"), [1, 3, 4, 5]),
    "one to one, none": (Task, lambda q: q.filter(followed_by=None).order_by("id"), [3, 4, 5]),
    "one to one, in order": (
        Task,
        lambda q: q.filter(followed_by__isnull=False).order_by("-followed_by__name"),
        [2, 1],
    ),
    "one to one, two calls": (Task, lambda q: q.filter(followed_by__name="b").filter(followed_by__id=3), [1]),
    # Conditions
    "conditions": (Task, lambda q: q.filter(urgent_notes__rank__gte=1).order_by("id"), [1, 3]),
    "conditions, not met": (Task, lambda q: q.filter(urgent_notes__text="x"), []),
    "conditions, not": (Task, lambda q: q.exclude(urgent_notes__text="y").order_by("id"), [2, 3, 4, 5]),
    "conditions, none": (Task, lambda q: q.filter(urgent_notes=None).order_by("id"), [2, 4, 5]),
    "conditions, in order": (Task, lambda q: q.filter(id__in=[1, 3]).order_by("-urgent_notes__rank"), [3, 1]),
    "conditions, as values": (
        Task,
        lambda q: q.filter(id__lt=3).order_by("id").values_list("name", "urgent_notes__text"),
        [("root", "y"), ("a", None)],
    ),
    "other columns": (Task, lambda q: q.filter(namesakes__rank=1), [2]),
    "other columns, by key": (Task, lambda q: q.filter(namesakes=5), [5]),
    "no equality": (Task, lambda q: q.filter(earlier__name="b").order_by("id"), [4, 5]),
    "no equality, none": (Task, lambda q: q.filter(earlier=None), [1]),
    "no equality, not": (Task, lambda q: q.exclude(earlier__name="b").order_by("id"), [1, 2, 3]),
    # Ways of loading
    "raise": (Note, lambda q: q.filter(task__name="root").order_by("rank"), [2, 3, 1]),
    "write_only": (Task, lambda q: q.filter(logs__text="in").order_by("id"), [1, 3]),
    "write_only, not": (Task, lambda q: q.exclude(logs__text="out").order_by("id"), [2, 3, 4, 5]),
    "write_only, in order": (
        Task,
        lambda q: q.filter(logs__isnull=False).order_by("-logs__text", "id"),
        [1, 3],
    ),
    "dynamic": (Task, lambda q: q.filter(dynamic_logs__text="in").order_by("id"), [1, 3]),
    "dynamic, none": (Task, lambda q: q.filter(dynamic_logs=None).order_by("id"), [2, 4, 5]),
    "an order of its own": (Task, lambda q: q.filter(notes__rank__gte=1).order_by("id"), [1, 2, 3]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


def test_an_alias_is_no_target_of_a_path() -> None:
    with pytest.raises(UnsupportedOperationError, match=r"Task\.worst_notes leads to an alias"):
        QuerySet(Task).filter(worst_notes__text="z")


async def test_one_to_one_is_one_join(session: AsyncSession, sql: RecordedSQL) -> None:
    tasks = QuerySet(Task, session)
    assert await tasks.filter(followed_by__name="b").filter(followed_by__id__gt=1).count() == 1
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM tasks JOIN tasks AS tasks_1 ON tasks.id = tasks_1.follows_id "
        "WHERE tasks_1.name = ? AND tasks_1.id > ?",
    )


async def test_children_come_in_the_order_of_their_relation(session: AsyncSession, sql: RecordedSQL) -> None:
    tasks = QuerySet(Task, session)
    querysets: list[Make] = [
        lambda q: q.filter(id=1),
        lambda q: q.filter(id=1).order_by("name"),
        lambda q: q.order_by("id")[:1],
        lambda q: q.filter(children__name__in=["a", "b"]).order_by("id")[:1],
        lambda q: q.order_by("-logs__text").filter(id=1),
    ]
    for make in querysets:
        for name, ranks in (("notes", [1, 2, 3]), ("notes_backwards", [3, 2, 1])):
            session.expunge_all()
            sql.clear()
            [task] = await make(tasks.options(name))
            assert [note.rank for note in getattr(task, name)] == ranks, sql.last
            assert len(sql) == 1


async def test_children_of_children_come_in_order(session: AsyncSession, sql: RecordedSQL) -> None:
    tasks = QuerySet(Task, session).outerjoin("children", "children__notes").options("children__notes")
    [task] = await tasks.filter(id=1)
    assert [child.name for child in task.children] == ["b", "a"]
    session.expunge_all()
    [task] = await tasks.outerjoin("notes").options("notes").filter(id=1)
    assert [child.name for child in task.children] == ["b", "a"]
    assert [note.rank for note in task.notes] == [1, 2, 3]


async def test_an_order_that_is_asked_for_comes_first(session: AsyncSession) -> None:
    [task] = await QuerySet(Task, session).filter(id=1).options("notes").order_by("notes__text")
    assert [note.text for note in task.notes] == ["x", "y", "z"]
    session.expunge_all()
    tasks = await QuerySet(Task, session).options("notes").order_by("-name")
    assert [task.name for task in tasks] == ["root", "b", "a"]


async def test_what_raises_when_it_is_lazy_is_loaded(session: AsyncSession, sql: RecordedSQL) -> None:
    tasks = (
        QuerySet(Task, session).options("parent", "children").outerjoin("parent", "children").order_by("id")
    )
    found = await tasks[:4]
    assert [(task.parent and task.parent.id, [child.id for child in task.children]) for task in found] == [
        (None, [3, 2]),
        (1, [4]),
        (1, []),
        (2, []),
    ]
    assert len(sql) == 1


async def test_a_relation_with_conditions_is_loaded(session: AsyncSession) -> None:
    tasks = await QuerySet(Task, session).outerjoin("urgent_notes").options("urgent_notes").order_by("id")[:3]
    assert [[note.id for note in task.urgent_notes] for task in tasks] == [[2], [], [5]]


async def test_what_cannot_be_loaded_says_so(session: AsyncSession) -> None:
    for name in ("logs", "dynamic_logs"):
        with pytest.raises(UnsupportedOperationError, match=name):
            QuerySet(Task, session).options(name)
        assert await QuerySet(Task, session).innerjoin(name).filter(**{f"{name}__text": "out"}).count() == 1


async def test_update(session: AsyncSession) -> None:
    tasks = QuerySet(Task, session)
    second = await tasks.options("parent").get(id=2)
    assert tuples(await tasks.filter(parent__name="root").update(parent=4)) == [(2,), (3,)]
    assert second.parent_id == 4
    assert tuples(await tasks.filter(logs__text="out").update(name="r")) == [(1,)]
    assert tuples(await tasks.filter(urgent_notes__rank=9).update(name=F("name") + "!")) == [(3,)]
    assert tuples(await tasks.filter(Q(children=None) | Q(followed_by__id=4)).update(follows=None)) == [
        (1,),
        (2,),
        (3,),
        (5,),
    ]
    await gives(tasks.filter(name="b!", parent=4), [3])


async def test_delete(session: AsyncSession) -> None:
    assert tuples(await QuerySet(Note, session).filter(task__parent__name="root").delete()) == [(4,), (5,)]
    assert tuples(await QuerySet(Log, session).filter(task__urgent_notes__text="y").delete()) == [(1,), (2,)]
    tasks = QuerySet(Task, session)
    assert tuples(await tasks.filter(children=None, notes=None, logs=None).delete()) == [(4,), (5,)]
