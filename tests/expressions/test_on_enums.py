"""Two types of one family. Enums in expressions: members without a type, beside each other, and texts."""

import enum
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import DateTime, Enum, ForeignKey, String, TypeDecorator
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import (
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    InvalidLookupValueError,
    Max,
    OuterRef,
    Q,
    RawSQL,
    Subquery,
    UnsupportedOperationError,
    Value,
    When,
    Window,
)
from django_like_repos.functions import Cast, Coalesce, Concat, Greatest, Lag, NullIf, Upper
from tests.expressions.asking import Answers, Make, answer_of


class State(enum.Enum):
    draft = "d"
    live = "l"
    gone = "g"


class Kind(enum.StrEnum):
    big = "large"
    small = "little"


class Level(enum.IntEnum):
    low = 1
    high = 2


class Odd(enum.Enum):
    """Of no column."""

    odd = 1
    even = 2


class Other(enum.Enum):
    live = 1
    dead = 2


def by_value(members: type[enum.Enum]) -> list[str]:
    return [str(each.value) for each in members]


class Tag(TypeDecorator[str]):
    """Text that is kept with a mark before it."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else f"#{value}"

    def process_result_value(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else value[1:]


class Base(DeclarativeBase):
    """The models of this module."""


class Job(Base):
    __tablename__ = "enum_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[State | None] = mapped_column(Enum(State, name="job_state"))
    again: Mapped[State | None] = mapped_column(Enum(State, name="job_state"))
    named: Mapped[State | None] = mapped_column(Enum(State, name="job_state_named"))
    valued: Mapped[State | None] = mapped_column(Enum(State, name="job_valued", values_callable=by_value))
    loose: Mapped[State | None] = mapped_column(Enum(State, native_enum=False, length=10))
    other: Mapped[Other | None] = mapped_column(Enum(Other, name="job_other"))
    word: Mapped[str | None] = mapped_column(Enum("live", "shut", name="job_word"))
    kind: Mapped[Kind | None] = mapped_column(Enum(Kind, name="job_kind"))
    level: Mapped[Level | None] = mapped_column(Enum(Level, name="job_level"))
    title: Mapped[str] = mapped_column(String(10))
    rank: Mapped[int]
    tag: Mapped[str | None] = mapped_column(Tag)
    old_tag: Mapped[str | None] = mapped_column(Tag)
    at: Mapped[datetime | None]
    moment: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("enum_jobs.id"))

    after: Mapped["Job | None"] = relationship(remote_side=[id])


METADATA = Base.metadata
S = State
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows() -> Iterable[list[Any]]:
    yield [
        Job(
            id=1,
            state=S.live,
            named=S.gone,
            valued=S.live,
            loose=S.draft,
            other=Other.live,
            word="live",
            kind=Kind.big,
            level=Level.high,
            title="live",
            rank=1,
            tag="a",
            at=NOON.replace(tzinfo=None),
        )
    ]
    yield [
        Job(
            id=2,
            again=S.gone,
            named=S.draft,
            valued=S.gone,
            title="draft",
            rank=2,
            old_tag="b",
            moment=NOON,
            after_id=1,
        )
    ]
    yield [Job(id=3, title="x", rank=3)]


def asks(value: Any, expected: list[Any]) -> tuple[Make, list[Any]]:
    """The value of each row."""
    return lambda q: q(Job).order_by("id").annotate(x=value).values_list("x", flat=True), expected


def finds(expected: list[int], *args: Any, **kwargs: Any) -> tuple[Make, list[Any]]:
    """The keys of the rows for which a condition holds."""
    return lambda q: q(Job).filter(*args, **kwargs).order_by("id").values_list("pk", flat=True), expected


ALWAYS = Case(When(rank__gt=2, then=S.gone), default=S.draft)

ANSWERS: Answers = {
    # Of one type after all
    "two columns of one enum": asks(Coalesce("state", "again"), [S.live, S.gone, None]),
    "cases of two columns": asks(Case(When(rank=1, then="state"), default="again"), [S.live, S.gone, None]),
    "enums of two names": asks(Coalesce("state", "named"), [S.live, S.draft, None]),
    "enums of two names, cases": asks(
        Case(When(rank=1, then="named"), default="state"), [S.gone, None, None]
    ),
    "enums by other words": asks(Coalesce("state", "valued"), [S.live, S.gone, None]),
    "enums by other words, the other way": asks(Coalesce("valued", "named"), [S.live, S.gone, None]),
    "an enum without a name": asks(Coalesce("loose", "state", "named"), [S.draft, S.draft, None]),
    "the greatest": asks(Greatest("state", "state"), [S.live, None, None]),
    "NULL for one": asks(NullIf("state", "valued"), [None, None, None]),
    "a row before": asks(Window(Lag("state", 1, F("named")), order_by="id"), [S.gone, S.live, None]),
    "types of the user's own": asks(Coalesce("tag", "old_tag"), ["a", "b", None]),
    "types of the user's own, cases": asks(
        Case(When(rank=1, then="tag"), default="old_tag"), ["a", "b", None]
    ),
    "naive and aware moments": asks(Coalesce("at", "moment"), [NOON, NOON, None]),
    "naive and aware moments, cases": asks(
        Case(When(rank=2, then="moment"), default="at"), [NOON, NOON, None]
    ),
    "a union of naive and aware moments": (
        lambda q: q(Job).filter(pk=1).values_list("at").union(q(Job).filter(pk=2).values_list("moment")),
        [(NOON,)],
    ),
    # With texts
    "an enum and a text": asks(Coalesce("state", "title"), ["live", "draft", "x"]),
    "a text and an enum": asks(
        Case(When(rank=2, then=Value("new")), default=F("state")), ["live", "new", None]
    ),
    "an enum and words": asks(Coalesce("word", "state"), ["live", None, None]),
    "NULL for a text": asks(NullIf("state", "title"), [None, None, None]),
    "a row before, or a text": asks(
        Window(Lag("state", 1, Value("none")), order_by="id"), ["none", "live", None]
    ),
    "joined with a text": asks(Concat("state", Value("/"), "kind"), ["live/big", "/", "/"]),
    "an enum in capitals": asks(Upper("valued"), ["L", "G", None]),
    "added to a text": asks(F("state") + Value("!"), ["live!", None, None]),
    # Members
    "a member": asks(Value(S.live), [S.live, S.live, S.live]),
    "a member where": asks(Case(When(rank=1, then=S.live), default=S.draft), [S.live, S.draft, S.draft]),
    "a member beside its column": asks(Coalesce(F("state"), S.draft), [S.live, S.draft, S.draft]),
    "by the words of its column": asks(Coalesce("valued", S.draft), [S.live, S.gone, S.draft]),
    "a member within": asks(Coalesce(ALWAYS, "valued"), [S.draft, S.draft, S.gone]),
    "a member, or NULL": asks(Case(When(rank=1, then=S.live)), [S.live, None, None]),
    "NULL for a member": asks(NullIf("valued", S.live), [None, S.gone, None]),
    "NULL for a member within": asks(
        NullIf(Coalesce("valued", S.draft), Value(S.live)), [None, S.gone, S.draft]
    ),
    "a row before, or a member": asks(
        Window(Lag("valued", default=S.gone), order_by="id"), [S.gone, S.live, S.gone]
    ),
    "a member as a text": asks(
        Case(When(rank=1, then=Kind.small), default="title"), ["little", "draft", "x"]
    ),
    "a member of text": asks(Coalesce("kind", Kind.small), [Kind.big, Kind.small, Kind.small]),
    "a member of numbers": asks(Coalesce("level", Level.low), [Level.high, Level.low, Level.low]),
    "a member as a number": asks(F("rank") + Level.high, [3, 4, 5]),
    "a member of an enum of no column": asks(Value(Odd.even), [Odd.even] * 3),
    "a member of a given type": asks(
        ExpressionWrapper(Value(S.live), Job.__table__.c.valued.type), [S.live, S.live, S.live]
    ),
    "members and a given type": asks(
        Case(When(rank=1, then=S.live), default=S.draft, output_field=Job.__table__.c.valued.type),
        [S.live, S.draft, S.draft],
    ),
    "a text of a given type": asks(
        Case(When(rank=1, then=Value("live")), default="state", output_field=Job.__table__.c.state.type),
        [S.live, None, None],
    ),
    "a default of an aggregate": (
        lambda q: q(Job).filter(pk=3).aggregate(x=Max("valued", default=S.gone)),
        {"x": S.gone},
    ),
    "a member in SQL of one's own": finds([1], state=RawSQL("%s", [S.live], Job.__table__.c.state.type)),
    "a member as text": asks(Cast(Value(S.live), String()), ["live", "live", "live"]),
    # Compared
    "compared with a text": finds([1], state=F("title")),
    "a text compared with it": finds([1], title=F("state")),
    "not compared with a text": finds([2, 3], ~Q(state=F("title"))),
    "compared with a text value": finds([1], state=Value("live")),
    "after a text": finds([1], state__gt=Value("gone")),
    "between texts": finds([1], state__range=(Value("k"), F("title"))),
    "compared with another enum": finds([1], state=F("other")),
    "compared with words": finds([1], state=F("word")),
    "compared by other words": finds([1], state=F("valued")),
    "compared with one of no name": finds([], state=F("loose")),
    "one of a text": finds([1], state__in=[F("title"), S.gone]),
    "none of a text": finds([], state__notin=[F("title"), S.gone]),
    "one of members": finds([1], state__in=[Value(S.live), F("named")]),
    "compared with a member": finds([1], valued=Value(S.live)),
    "compared with a member chosen": finds([], valued=ALWAYS),
    "another compared with a member chosen": finds([2], named=ALWAYS),
    "a text compared with a member": finds([], title=Value(Kind.big)),
    "a member chosen, filtered by": (
        lambda q: q(Job).annotate(x=ALWAYS).filter(x=S.gone).values_list("pk", flat=True),
        [3],
    ),
    "a chosen one, filtered by": (
        lambda q: (
            q(Job)
            .annotate(x=Coalesce("state", "valued", S.draft))
            .filter(x__in=[S.live, S.gone])
            .order_by("id")
            .values_list("pk", flat=True)
        ),
        [1, 2],
    ),
    "texts that are of its type": (
        lambda q: (
            q(Job)
            .annotate(
                x=Case(
                    When(rank=1, then=Value("live")), default="state", output_field=Job.__table__.c.state.type
                )
            )
            .filter(x=S.live)
            .values_list("pk", flat=True)
        ),
        [1],
    ),
    "grouped by": (
        lambda q: (
            q(Job)
            .annotate(x=Coalesce("state", "valued", S.draft))
            .values("x")
            .annotate(n=Count("*"))
            .filter(x=S.draft)
            .values_list("x", "n")
        ),
        [(S.draft, 1)],
    ),
    "in a condition on rows": finds([1], Q(rank=Case(When(state=F("title"), then=1), default=0))),
    # Queries within
    "compared with the row around": (
        lambda q: q(Job).filter(Exists(q(Job).filter(title=OuterRef("state")))).values_list("pk", flat=True),
        [1],
    ),
    "among texts": (
        lambda q: q(Job).filter(state__in=q(Job).values("title")).values_list("pk", flat=True),
        [1],
    ),
    "a text among them": (
        lambda q: q(Job).filter(title__in=q(Job).values("state")).values_list("pk", flat=True),
        [1],
    ),
    "among those of other words": (
        lambda q: q(Job).filter(again__in=q(Job).values("valued")).values_list("pk", flat=True),
        [2],
    ),
    "among those of a slice": (
        lambda q: (
            q(Job)
            .filter(again__in=q(Job).order_by("-rank")[:2].values("valued"))
            .values_list("pk", flat=True)
        ),
        [2],
    ),
    "among those of a union": (
        lambda q: (
            q(Job)
            .filter(title__in=q(Job).values("state").union(q(Job).values("again")))
            .values_list("pk", flat=True)
        ),
        [1],
    ),
    "a text of another row": (
        lambda q: (
            q(Job)
            .filter(state=Subquery(q(Job).filter(rank=1).values("title")[:1]))
            .values_list("pk", flat=True)
        ),
        [1],
    ),
    # Unions
    "a union of enums": (
        lambda q: (
            q(Job).filter(pk=1).values_list("state").union(q(Job).filter(pk=2).values_list("again"), all=True)
        ),
        [(S.live,), (S.gone,)],
    ),
    "a union by other words": (
        lambda q: (
            q(Job)
            .filter(pk=1)
            .values_list("state")
            .union(q(Job).filter(pk=2).values_list("valued"), all=True)
        ),
        [(S.live,), (S.gone,)],
    ),
    "a union with texts": (
        lambda q: (
            q(Job).filter(pk=1).values_list("state").union(q(Job).filter(pk=2).values_list("title"), all=True)
        ),
        [("live",), ("draft",)],
    ),
    "a union of unions": (
        lambda q: (
            q(Job)
            .filter(pk=1)
            .values_list("title")
            .union(
                q(Job)
                .filter(pk=1)
                .values_list("named")
                .union(q(Job).filter(pk=1).values_list("state"))
                .order_by("named")
            )
            .order_by("title")
        ),
        [("gone",), ("live",)],
    ),
    # Written
    "set to a text": (
        lambda q: q(Job).filter(pk=2).returning("id", "state").update(state=F("title")),
        [(2, S.draft)],
    ),
    "set to a case of texts": (
        lambda q: (
            q(Job)
            .returning("id", "state")
            .update(state=Case(When(rank=1, then=Value("gone")), default="state"))
        ),
        [(1, S.gone), (2, None), (3, None)],
    ),
    "set to a case of members": (
        lambda q: q(Job).returning("id", "valued").update(valued=ALWAYS),
        [(1, S.draft), (2, S.draft), (3, S.gone)],
    ),
    "set to a member": (
        lambda q: q(Job).filter(pk=1).returning("valued").update(valued=Value(S.gone)),
        [(S.gone,)],
    ),
    "set by other words": (
        lambda q: (
            q(Job).filter(pk=2).returning("state", "loose").update(state=F("valued"), loose=F("valued"))
        ),
        [(S.gone, S.gone)],
    ),
    "set to another's text": (
        lambda q: q(Job).filter(pk=1).returning("title").update(title=F("named")),
        [("gone",)],
    ),
}

REFUSED: dict[str, tuple[Make, type[Exception]]] = {
    "a member as a number": (lambda q: q(Job).annotate(x=F("rank") + S.live), UnsupportedOperationError),
    "a member of another enum": (
        lambda q: q(Job).annotate(x=Coalesce("rank", Value(S.live))),
        UnsupportedOperationError,
    ),
    "a member of none": (
        lambda q: q(Job).annotate(x=Value(Other.live, output_field=Job.__table__.c.state.type)),
        InvalidLookupValueError,
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", ANSWERS)
async def test_answers(mapped: AsyncSession, name: str) -> None:
    make, expected = ANSWERS[name]
    assert await answer_of(mapped, make) == expected


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(mapped: AsyncSession, name: str) -> None:
    make, error = REFUSED[name]
    with pytest.raises(error):
        await answer_of(mapped, make)
