"""Primary keys and foreign keys of several columns."""

from collections.abc import Iterable
from dataclasses import make_dataclass
from typing import Annotated, Any, NamedTuple

import pytest
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from django_like_repos import (
    BaseRepository,
    F,
    InvalidLookupValueError,
    Path,
    Q,
    QuerySet,
    UnsupportedOperationError,
)
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Order(Base):
    __tablename__ = "orders"

    shop: Mapped[int] = mapped_column("shop_no", primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str | None]
    first_line: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["Line"]] = relationship(
        back_populates="order", foreign_keys="[Line.order_shop, Line.order_number]"
    )


class Line(Base):
    """A required part of its key refers to the order, and an optional replacement does."""

    __tablename__ = "lines"
    __table_args__ = (
        ForeignKeyConstraint(["order_shop", "order_number"], ["orders.shop_no", "orders.number"]),
        ForeignKeyConstraint(["old_shop", "old_number"], ["orders.shop_no", "orders.number"]),
    )

    order_shop: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]
    old_shop: Mapped[int | None] = mapped_column()
    old_number: Mapped[int | None] = mapped_column()

    order: Mapped[Order] = relationship(back_populates="lines", foreign_keys=[order_shop, order_number])
    old: Mapped[Order | None] = relationship(foreign_keys=[old_shop, old_number])


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Order(shop=1, number=1, note="a"), Order(shop=1, number=2), Order(shop=2, number=1, first_line=2)]
    yield [
        Line(order_shop=1, order_number=1, position=1, amount=5),
        Line(order_shop=1, order_number=1, position=2, amount=3, old_shop=2, old_number=1),
        Line(order_shop=1, order_number=2, position=1, amount=7, old_shop=1, old_number=1),
        Line(order_shop=2, order_number=1, position=1, amount=1, old_shop=1),
    ]


L1, L2, L3, L4 = (1, 1, 1), (1, 1, 2), (1, 2, 1), (2, 1, 1)
CHAINS: Chains = {
    "pk": (Order, lambda q: q.filter(pk=(1, 2)), [(1, 2)]),
    "pk of texts": (Order, lambda q: q.filter(pk=("1", "2")), [(1, 2)]),
    "not pk": (Order, lambda q: q.exclude(pk=(1, 2)).order_by("pk"), [(1, 1), (2, 1)]),
    "pk in": (Order, lambda q: q.filter(pk__in=[(2, 1), (1, 1), (9, 9)]).order_by("-pk"), [(2, 1), (1, 1)]),
    "pk in nothing": (Order, lambda q: q.filter(pk__in=[]), []),
    "not pk in": (Order, lambda q: q.exclude(pk__in=[(2, 1), (1, 1)]), [(1, 2)]),
    "pk greater": (Order, lambda q: q.filter(pk__gt=(1, 1)).order_by("pk"), [(1, 2), (2, 1)]),
    "pk less or equal": (Order, lambda q: q.filter(pk__lte=(1, 2)).order_by("pk"), [(1, 1), (1, 2)]),
    "pk in a queryset": (
        Order,
        lambda q: q.filter(pk__in=q.filter(number=1)).order_by("pk"),
        [(1, 1), (2, 1)],
    ),
    "pk of an expression": (Order, lambda q: q.filter(pk=(F("number"), 1)), [(1, 1)]),
    "pk of expressions": (
        Order,
        lambda q: q.filter(pk=(F("first_line"), F("number"))).order_by("pk"),
        [(1, 1), (1, 2), (2, 1)],
    ),
    "pk in expressions": (
        Order,
        lambda q: q.filter(pk__in=[(F("first_line"), 2), (2, 1)]).order_by("pk"),
        [(1, 2), (2, 1)],
    ),
    "order by pk": (Order, lambda q: q.order_by("-pk"), [(2, 1), (1, 2), (1, 1)]),
    "a part": (Line, lambda q: q.filter(order_number=2), [L3]),
    "a reference": (Line, lambda q: q.filter(order=(1, 1)).order_by("position"), [L1, L2]),
    "references": (Line, lambda q: q.filter(order__in=[(1, 2), (2, 1)]).order_by("pk"), [L3, L4]),
    "not a reference": (Line, lambda q: q.exclude(order=(1, 1)).order_by("pk"), [L3, L4]),
    "greater references": (Line, lambda q: q.filter(order__gt=(1, 1)).order_by("pk"), [L3, L4]),
    "references in order": (Line, lambda q: q.order_by("-order", "position"), [L4, L3, L1, L2]),
    "references in a queryset": (
        Line,
        lambda q: q.filter(order__in=QuerySet(Order).filter(note="a")).order_by("pk"),
        [L1, L2],
    ),
    "a reference of expressions": (
        Line,
        lambda q: q.filter(order=(F("position"), F("order_number"))).order_by("pk"),
        [L1, L3],
    ),
    "the key of a reference": (Line, lambda q: q.filter(order__pk=(1, 2)), [L3]),
    "a part of a reference": (Line, lambda q: q.filter(order__shop=2), [L4]),
    "behind a reference": (Line, lambda q: q.filter(order__note="a").order_by("pk"), [L1, L2]),
    "an optional reference": (Line, lambda q: q.filter(old=(1, 1)), [L3]),
    "not an optional reference": (Line, lambda q: q.exclude(old=(1, 1)).order_by("pk"), [L1, L2, L4]),
    "no reference": (Line, lambda q: q.filter(old=None).order_by("pk"), [L1, L4]),
    "some reference": (Line, lambda q: q.filter(old__isnull=False).order_by("pk"), [L2, L3]),
    "references among themselves": (Line, lambda q: q.filter(old=F("order")), []),
    "many": (Order, lambda q: q.filter(lines__amount__gt=3).order_by("pk"), [(1, 1), (1, 2)]),
    "many by key": (Order, lambda q: q.filter(lines=(1, 1, 2)), [(1, 1)]),
    "many by keys": (Order, lambda q: q.filter(lines__in=[L2, L4]).order_by("pk"), [(1, 1), (2, 1)]),
    "not many": (Order, lambda q: q.exclude(lines__amount__gt=3), [(2, 1)]),
    "none of many": (Order, lambda q: q.filter(lines=None), []),
    "order by many": (Order, lambda q: q.order_by("lines__amount"), [(2, 1), (1, 1), (1, 2)]),
    "any of": (Order, lambda q: q.filter(Q(pk=(1, 2)) | Q(lines__amount=1)).order_by("pk"), [(1, 2), (2, 1)]),
    "pk as a value": (
        Order,
        lambda q: q.order_by("pk").values_list("pk", "note"),
        [((1, 1), "a"), ((1, 2), None), ((2, 1), None)],
    ),
    "pk as the only value": (
        Order,
        lambda q: q.order_by("-pk").values_list("pk", flat=True),
        [(2, 1), (1, 2), (1, 1)],
    ),
    "a reference as a value": (
        Line,
        lambda q: q.order_by("pk").filter(position=1).values("order"),
        [{"order": (1, 1)}, {"order": (1, 2)}, {"order": (2, 1)}],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_a_reference_needs_no_join(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Line, session).filter(order=(1, 2)).order_by("-order").values_list("amount") == [
        (7,)
    ]
    same_sql(
        sql.last,
        "SELECT lines.amount FROM lines WHERE (lines.order_shop, lines.order_number) = (?, ?) "
        "ORDER BY lines.order_shop DESC, lines.order_number DESC",
    )


async def test_instances(session: AsyncSession) -> None:
    orders, lines = QuerySet(Order, session), QuerySet(Line, session)
    first, last = await orders.get(pk=(1, 1)), await orders.get(pk=(2, 1))
    await gives(lines.filter(order=first).order_by("pk"), [L1, L2])
    await gives(lines.filter(order__in=[last, (1, 2)]).order_by("pk"), [L3, L4])
    await gives(lines.filter(order__gt=first).order_by("pk"), [L3, L4])
    await gives(lines.filter(old=last), [L2])
    await gives(orders.filter(pk__in=[first, last]).order_by("pk"), [(1, 1), (2, 1)])
    await gives(orders.filter(lines=await lines.get(pk=L3)), [(1, 2)])


async def test_what_does_not_fit(session: AsyncSession) -> None:
    for value in (1, (1,), (1, 2, 3), ("x", 1), (None, 1)):
        with pytest.raises(InvalidLookupValueError):
            QuerySet(Order, session).filter(pk=value)
        with pytest.raises(InvalidLookupValueError):
            QuerySet(Order, session).filter(pk__in=[value])


async def test_slices_and_children(session: AsyncSession, sql: RecordedSQL) -> None:
    orders = await QuerySet(Order, session).options("lines").order_by("-pk")[1:]
    assert [(order.number, sorted(line.amount for line in order.lines)) for order in orders] == [
        (2, [7]),
        (1, [3, 5]),
    ]
    assert len(sql) == 1


async def test_update(session: AsyncSession) -> None:
    lines = QuerySet(Line, session)
    first = await lines.get(pk=L1)
    order = await QuerySet(Order, session).get(pk=(1, 2))
    assert tuples(await lines.filter(order=(1, 1)).update(old=(1, 2), amount=F("amount") + 1)) == [L1, L2]
    assert (first.old_shop, first.old_number, first.amount) == (1, 2, 6)
    assert tuples(await lines.filter(old=(1, 2)).update(old=order)) == [L1, L2]
    assert (await lines.filter(old=order).update(old=None)).rowcount == 2
    await gives(lines.filter(old=None).order_by("pk"), [L1, L2, L4])
    assert tuples(await lines.filter(pk=L4).update(old=(F("order_shop"), 1))) == [L4]
    await gives(lines.filter(old=(2, 1)), [L4])
    assert (await QuerySet(Order, session).filter(lines__amount=7).update(note="n")).rowcount == 1
    await gives(QuerySet(Order, session).filter(note="n"), [(1, 2)])


async def test_delete(session: AsyncSession) -> None:
    lines = QuerySet(Line, session)
    assert tuples(await lines.filter(pk__in=[L1, L4]).delete()) == [L1, L4]
    assert tuples(await lines.filter(order__note="a").delete()) == [L2]
    assert tuples(await QuerySet(Order, session).filter(lines=None).exclude(pk=(1, 1)).delete()) == [(2, 1)]


async def test_create(session: AsyncSession) -> None:
    class Lines(BaseRepository[Line]): ...

    repo = Lines(session).flush()
    order = await QuerySet(Order, session).options("lines").get(pk=(1, 2))
    found, created = await repo.objects.get_or_create({"amount": 1}, order=order, position=9)
    assert (created, found.order_shop, found.order_number) == (True, 1, 2)
    assert await repo.objects.get_or_create(order=(1, 2), position=9) == (found, False)
    found, created = await repo.objects.get_or_create({"amount": 1}, order=(2, 1), position=9)
    assert (created, found.order_shop) == (True, 2)
    assert await repo.get_by_pk((2, 1, 9)) is found
    assert (await repo.objects.in_bulk([(2, 1, 9), (9, 9, 9)])) == {(2, 1, 9): found}


class Replaced(NamedTuple):
    position: int
    old: tuple[int, int] | None


async def test_keys_that_lead_nowhere(session: AsyncSession, backend: str) -> None:
    """None to a type; to values the columns, as Django has them."""
    lines = QuerySet(Line, session).order_by("pk")
    expected = [(1, None), (2, (2, 1)), (1, (1, 1)), (1, None)]
    assert await lines.into(Replaced) == expected
    assert await lines.values("position", "old").into(Replaced) == expected
    assert [*await lines.values_list("old", flat=True)] == [(None, None), (2, 1), (1, 1), (1, None)]
    replaced = await QuerySet(Order, session).order_by("pk").into(Olds)
    assert replaced == [([None, (2, 1)],), ([(1, 1)],), ([None],)]


class Olds(NamedTuple):
    olds: Annotated[list[tuple[int, int] | None], Path("lines__old")]


@pytest.mark.parametrize("kind", [int | None, list[int] | None, tuple[int, ...] | None])
def test_a_key_of_several_columns_is_a_tuple(kind: Any) -> None:
    def of(name: str, annotation: Any) -> Any:
        return make_dataclass("T", [(name, annotation)])

    with pytest.raises(
        UnsupportedOperationError, match=r"T.old (is of int, and Line.old is tuple|takes several)"
    ):
        QuerySet(Line).into(of("old", kind))
    with pytest.raises(UnsupportedOperationError, match=r"T.lines is of list\[int\], and .* is tuple"):
        QuerySet(Order).into(of("lines", list[int]))
    QuerySet(Order).into(of("lines", list[tuple[int, int, int]]))
    QuerySet(Order).into(of("pk", tuple[int, int]))
