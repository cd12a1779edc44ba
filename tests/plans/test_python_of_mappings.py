"""Every place where a mapping, or what an application registers, may run Python: no value of it is kept.

Left to SQLAlchemy, which freezes them itself: the conditions of a relationship, what `@compiles` says of a
construct that has `inherit_cache`, and `bind_expression()` and `column_expression()` of a type.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import (
    ColumnElement,
    Dialect,
    ForeignKey,
    Integer,
    TypeDecorator,
    and_,
    bindparam,
    event,
    func,
    literal,
    or_,
)
from sqlalchemy.ext.hybrid import Comparator, hybrid_property
from sqlalchemy.orm import (
    ColumnProperty,
    CompositeProperty,
    DeclarativeBase,
    Mapped,
    column_property,
    composite,
    mapped_column,
    relationship,
    synonym,
    with_loader_criteria,
)
from sqlalchemy.types import TypeEngine

from django_like_repos import (
    Count,
    Database,
    Exists,
    F,
    Lookup,
    OuterRef,
    Q,
    QuerySet,
    Transform,
    register_lookup,
    register_transform,
)
from django_like_repos.errors import InvalidLookupValueError
from django_like_repos.functions import Length
from tests.sqltext import same_sql

NOW: ContextVar[int] = ContextVar("now", default=0)


@contextmanager
def at(now: int) -> Iterator[None]:
    token = NOW.set(now)
    try:
        yield
    finally:
        NOW.reset(token)


class Base(DeclarativeBase):
    """The models of this module."""


class Later(ColumnProperty.Comparator[int]):
    """Numbers as so many after now; reads its value in Python, too."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        moved = [each + NOW.get() if isinstance(each, int) else each for each in other]
        moved = [[one + NOW.get() for one in each] if isinstance(each, list) else each for each in moved]
        said: ColumnElement[Any] = op(self.__clause_element__(), *moved, **kwargs)
        return said


class Said(Comparator[int]):
    """The same of a hybrid."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        moved = [each + NOW.get() if isinstance(each, int) else each for each in other]
        said: ColumnElement[Any] = op(self.__clause_element__(), *moved, **kwargs)
        return said


class Moved(TypeDecorator[int]):
    """A type whose comparator does it."""

    impl = Integer
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[int]):
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
            moved = [each + NOW.get() if isinstance(each, int) else each for each in other]
            said: ColumnElement[Any] = super().operate(op, *moved, **kwargs)
            return said

    comparator_factory = Comparator  # pyright: ignore[reportAssignmentType]


class Bound(TypeDecorator[int]):
    """A type that binds by the clock."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else value + NOW.get()


class Since(TypeDecorator[int]):
    """A type that has others compare with it by the clock."""

    impl = Integer
    cache_ok = True

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return Bound() if NOW.get() else Integer()


class Stamp(TypeDecorator[str]):
    """A type whose values are texts, and are compared with numbers."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else int(value.removeprefix("no. "))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else f"no. {value}"

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return Integer() if isinstance(value, int) else self


class Helpful(TypeDecorator[int]):
    """A type whose comparator only has a method more, which nobody here calls."""

    impl = Integer
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[int]):
        def doubled(self) -> Any:
            return self.expr * 2

    comparator_factory = Comparator  # pyright: ignore[reportAssignmentType]


@dataclass(frozen=True)
class Pair:
    """Two numbers in one attribute."""

    one: int
    other: int


class Moving(CompositeProperty.Comparator[Pair]):  # noqa: PLW1641 - nor has SQLAlchemy's
    """The same of a composite."""

    def __eq__(self, other: Any) -> ColumnElement[bool]:  # type: ignore[override]
        now = NOW.get()
        moved: ColumnElement[bool] = super().__eq__(Pair(other.one + now, other.other + now))
        return moved

    def in_(self, other: Any) -> Any:
        return or_(*[self == each for each in other])


class Shelf(Base):
    __tablename__ = "shelves"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    boxes: Mapped[list["Box"]] = relationship(back_populates="shelf")


class Box(Base):
    __tablename__ = "boxes"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    text: Mapped[str]
    moved: Mapped[int] = mapped_column(Moved)
    bound: Mapped[int] = mapped_column(Bound)
    since: Mapped[int] = mapped_column(Since)
    helpful: Mapped[int] = mapped_column(Helpful)
    stamp: Mapped[str] = mapped_column(Stamp)
    changed: Mapped[int | None] = mapped_column(onupdate=NOW.get)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="boxes")

    later: Mapped[int] = column_property(mapped_column("later", Integer), comparator_factory=Later)
    one: Mapped[int]
    other: Mapped[int]
    both: Mapped[Pair] = composite(Pair, "one", "other", comparator_factory=Moving)
    alias = synonym("size", comparator_factory=Later)

    @hybrid_property
    def left(self) -> int:
        return self.size - NOW.get()

    @hybrid_property
    def said(self) -> int:
        return self.size

    @said.inplace.comparator
    @classmethod
    def _said(cls) -> Said:
        return Said(cls.size)


_now: Any = bindparam(None, callable_=NOW.get, type_=Integer)
Box.called = column_property(Box.__table__.c.size - _now)


@register_lookup(of=Box.size)
class Ago(Lookup):
    name = "ago"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        equal: ColumnElement[bool] = left == right + NOW.get()
        return equal


@register_lookup(of=Box.size)
class Whichever(Lookup):
    """Other SQL, by the clock."""

    name = "whichever"

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return left == right if NOW.get() % 2 == 0 else and_(left > right, left <= right + literal(1))


@register_lookup(of=Box.size)
class Uncached(Lookup):
    """Of what has no cache key."""

    name = "uncached"

    class Type(TypeDecorator[int]):
        impl = Integer
        cache_ok = False

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        equal: ColumnElement[bool] = left == right + literal(NOW.get(), self.Type())
        return equal


@register_transform(of=Box.size)
class After(Transform):
    name = "after"

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return value - NOW.get()


@register_transform(of=Box.text)
class Cut(Transform):
    name = "cut"

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.substr(value, NOW.get() + 1, 1)


SIZES = (1, 2, 3, 4)


def rows() -> Iterable[list[Any]]:
    yield [Shelf(id=1, name="left"), Shelf(id=2, name="right")]
    with at(0):
        yield [
            Box(
                id=n,
                size=n,
                text="abcd"[n - 1 :],
                moved=n,
                bound=n,
                since=n,
                helpful=n,
                later=n,
                stamp=f"no. {n}",
                one=n,
                other=n,
                shelf_id=1,
            )
            for n in SIZES
        ]


@pytest.fixture
async def boxes(fresh_database: Database) -> Database:
    await fresh_database.create_all(Base)
    async with fresh_database.session() as session:
        for each in rows():
            session.add_all(each)
            await session.flush()
        await session.commit()
    return fresh_database


Chain = Callable[[Any], Any]
PLACES: dict[str, Chain] = {
    "a hybrid": lambda q: q.filter(left=1),
    "a hybrid among values": lambda q: q.annotate(more=F("left") + 1).filter(more=2),
    "a hybrid's comparator": lambda q: q.filter(said=1),
    "a property's comparator": lambda q: q.filter(later=1),
    "a property's comparator, in": lambda q: q.filter(later__in=[1, 9]),
    "a property's comparator, range": lambda q: q.filter(later__range=(1, 1)),
    "a property's comparator, not": lambda q: q.exclude(later__gt=1).exclude(later__lt=1),
    "a property's comparator, in a subquery": lambda q: q.filter(
        Exists(QuerySet(Box).filter(later=1, id=OuterRef("id")))
    ),
    "a property's comparator, across": lambda q: q.filter(shelf__boxes__later=1, id=F("shelf__boxes__id")),
    "a synonym's comparator": lambda q: q.filter(alias=1),
    "a type's comparator": lambda q: q.filter(moved=1),
    "a type's comparator, beside": lambda q: q.filter(Box.id > 0, Q(moved=1) & Q(moved__ne=7)),
    "a type that compares": lambda q: q.filter(since=1),
    "a type that binds": lambda q: q.filter(bound=1),
    "a value that is called": lambda q: q.filter(called=1),
    "a lookup": lambda q: q.filter(size__ago=1),
    "a lookup, not": lambda q: q.exclude(~Q(size__ago=1)),
    "a lookup beside others": lambda q: q.filter(Box.id > 0, size__ago=1, id__gt=0),
    "a lookup, twice": lambda q: q.filter(Q(size__ago=1) | Q(size__ago=9)),
    "a lookup, across": lambda q: q.filter(shelf__boxes__size__ago=1, id=F("shelf__boxes__id")),
    "a lookup that says something else": lambda q: q.filter(size__whichever=1),
    "a lookup without a key": lambda q: q.filter(size__uncached=1),
    "a transform": lambda q: q.filter(size__after=1),
    "a transform in F": lambda q: q.annotate(n=F("size__after") * 3).filter(n=3),
    "a transform of text": lambda q: q.filter(text__cut="b", id=2),
    "a composite's comparator": lambda q: q.filter(both=Pair(1, 1)),
    "a composite's comparator, in": lambda q: q.filter(both__in=[Pair(1, 1), Pair(9, 9)]),
    "a composite's comparator, across": lambda q: q.filter(
        shelf__boxes__both=Pair(1, 1), id=F("shelf__boxes__id")
    ),
    "criteria": lambda q: q.options(
        with_loader_criteria(Box, Box.size == NOW.get() + 1, include_aliases=True)
    ),
}
EXPECTED: dict[str, dict[int, list[int]]] = {
    "a lookup that says something else": {0: [1], 1: [2], 2: [1]},
    "a transform of text": {0: [2], 1: []},
}
MOMENTS = (0, 1, 2, 0, 3)


def expected(place: str, now: int) -> list[int]:
    """A size of one more than now, unless the place means something else."""
    other = EXPECTED.get(place)
    if other is None:
        return [now + 1] if now + 1 in SIZES else []
    return other[now]


@pytest.mark.sampled
@pytest.mark.parametrize("place", PLACES)
async def test_no_value_of_it_is_kept(boxes: Database, place: str) -> None:
    moments = EXPECTED.get(place) or MOMENTS
    async with boxes.session() as session:
        queryset: Any = QuerySet(Box, session)
        for now in (*moments, *moments):
            with at(now):
                chain = PLACES[place](queryset)
                found = expected(place, now)
                assert sorted([box.id for box in await chain]) == found
                assert await chain.count() == len(found)
                assert await chain.exists() == bool(found)
                assert sorted(await chain.values_list("id", flat=True)) == found
                assert (await chain.aggregate(n=Count("id"))) == {"n": len(found)}


WRITTEN = {
    "a hybrid",
    "a property's comparator",
    "a synonym's comparator",
    "a type's comparator",
    "a type that compares",
    "a lookup",
    "a lookup, across",
    "a lookup that says something else",
    "a transform",
}


@pytest.mark.by_turns
@pytest.mark.parametrize("place", sorted(WRITTEN))
async def test_only_what_is_asked_for_now_is_written(boxes: Database, place: str) -> None:
    async with boxes.session() as session:
        queryset: Any = QuerySet(Box, session)
        for now in (0, 1):
            with at(now):
                chain = PLACES[place](queryset)
                assert sorted((await chain.update(text="z")).scalars()) == expected(place, now)
        assert await queryset.filter(id__in=[1, 2]).values_list("changed", flat=True) == [0, 1]
        for now in (1, 0):
            with at(now):
                assert sorted((await PLACES[place](queryset).delete()).scalars()) == expected(place, now)


ORDERED: dict[str, Chain] = {
    "a transform": lambda q: q.order_by("text__cut", "id").values_list("id", flat=True),
    "a transform among groups": lambda q: (
        q.values("text__cut").annotate(n=Count("id")).order_by("text__cut").values_list("text__cut", "n")
    ),
    "a transform among values": lambda q: q.order_by("id").values_list("size__after", flat=True),
    "a hybrid among groups": lambda q: (
        q.values("left").annotate(n=Length("text")).order_by("left").values_list("left", flat=True)
    ),
}
ANSWERS: dict[str, dict[int, list[Any]]] = {
    "a transform": {0: [1, 2, 3, 4], 3: [2, 3, 4, 1]},
    "a transform among groups": {0: [("a", 1), ("b", 1), ("c", 1), ("d", 1)], 3: [("", 3), ("d", 1)]},
    "a transform among values": {0: [1, 2, 3, 4], 3: [-2, -1, 0, 1]},
    "a hybrid among groups": {0: [1, 2, 3, 4], 3: [-2, -1, 0, 1]},
}


@pytest.mark.parametrize("place", ORDERED)
async def test_no_value_of_what_is_shown_or_ordered_by(boxes: Database, place: str) -> None:
    async with boxes.session() as session:
        for now in (0, 3, 0):
            with at(now):
                assert await ORDERED[place](QuerySet(Box, session)) == ANSWERS[place][now]


KEPT = {"a hybrid", "a lookup", "a lookup, across", "a transform", "a transform in F", "a type that binds"}


@pytest.mark.by_turns
@pytest.mark.parametrize("place", sorted(KEPT))
async def test_one_plan_serves_every_moment(boxes: Database, place: str) -> None:
    async with boxes.session() as session:
        for now in MOMENTS:
            with at(now):
                await PLACES[place](QuerySet(Box, session))
    assert boxes.plans.info().misses == 1


async def test_one_that_says_something_else_has_a_plan_for_that(boxes: Database) -> None:
    async with boxes.session() as session:
        for now in MOMENTS:
            with at(now):
                await QuerySet(Box, session).filter(size__whichever=1)
    assert boxes.plans.info().currsize == 2


async def test_a_type_says_what_its_values_are_compared_with(boxes: Database) -> None:
    async with boxes.session() as session:
        queryset = QuerySet(Box, session).order_by("id").values_list("id", flat=True)
        assert await queryset.filter(stamp="no. 2") == await queryset.filter(stamp=2) == [2]
        assert await queryset.filter(stamp__gt=2) == await queryset.exclude(stamp__lte="no. 2") == [3, 4]
        assert await queryset.filter(stamp__in=[1, 9]) == await queryset.filter(stamp__range=(0, 1)) == [1]
        with pytest.raises(InvalidLookupValueError):
            queryset.filter(stamp=b"2")
        with pytest.raises(InvalidLookupValueError):
            await QuerySet(Box, session).update(stamp=2)


async def test_a_comparator_that_says_no_operator_costs_no_plan(boxes: Database) -> None:
    async with boxes.session() as session:
        for number in SIZES:
            assert await QuerySet(Box, session).filter(helpful=number).values_list("id", flat=True) == [
                number
            ]
    assert boxes.plans.info().misses == 1
    same_sql(
        QuerySet(Box).filter(helpful=1).values("id").sql(),
        "SELECT boxes.id FROM boxes WHERE boxes.helpful = 1",
    )


async def test_a_listener_is_asked_each_time(boxes: Database) -> None:
    def keep(state: Any) -> None:
        one = with_loader_criteria(Box, Box.size == NOW.get() + 1, include_aliases=True)
        state.statement = state.statement.options(one)

    async with boxes.session() as session:
        event.listen(session.sync_session, "do_orm_execute", keep)
        for now in MOMENTS:
            with at(now):
                assert await QuerySet(Box, session).filter(id__gt=0).values_list("id", flat=True) == [now + 1]
