"""What `create()` and its kin make of values: what filters and `update()` make of them, and a read gives."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Database,
    F,
    InvalidLookupValueError,
    UnknownFieldError,
    UnsupportedOperationError,
    When,
)
from django_like_repos.functions import Coalesce, Upper
from django_like_repos.query import Value
from tests.writes.stored import (
    Box,
    BoxRepository,
    Coin,
    CoinRepository,
    Data,
    DataRepository,
    Metal,
    Open,
    OpenRepository,
    Point,
    Secret,
    SecretRepository,
    Wide,
    WideRepository,
)

MOSCOW = timezone(timedelta(hours=3))

Door = Callable[[CoinRepository, str, Any], Awaitable[Any]]


@pytest.fixture
async def session(fresh_database: Database, backend: str) -> AsyncIterator[AsyncSession]:
    tables: list[Any] = [each.__table__ for each in (Box, Coin, Secret, Open, Data)]
    tables += [Wide.__table__] if backend == "postgresql" else []
    async with fresh_database.engine.begin() as connection:
        await connection.run_sync(Wide.metadata.create_all, tables=tables)
    async with fresh_database.session() as session:
        yield session


async def _create(coins: CoinRepository, name: str, value: Any) -> Any:
    return await coins.flush().create(**{name: value})


async def _bulk_create(coins: CoinRepository, name: str, value: Any) -> Any:
    return (await coins.flush().bulk_create([{name: value}]))[0]


async def _bulk_create_instance(coins: CoinRepository, name: str, value: Any) -> Any:
    return (await coins.flush().bulk_create([Coin(**{name: value})]))[0]


async def _get_or_create(coins: CoinRepository, name: str, value: Any) -> Any:
    return (await coins.objects.get_or_create(id=77, defaults={name: value}))[0]


async def _get_or_create_by(coins: CoinRepository, name: str, value: Any) -> Any:
    return (await coins.objects.get_or_create(**{name: value}))[0]


async def _update_or_create(coins: CoinRepository, name: str, value: Any) -> Any:
    coin = await coins.flush().create()
    return (await coins.objects.update_or_create({name: value}, id=coin.id))[0]


async def _update(coins: CoinRepository, name: str, value: Any) -> Any:
    coin = await coins.flush().create()
    await coins.objects.filter(id=coin.id).update({name: value})
    return coin


DOORS: list[Door] = [
    _create,
    _bulk_create,
    _bulk_create_instance,
    _get_or_create,
    _get_or_create_by,
    _update_or_create,
    _update,
]
VALUES: list[tuple[str, Any, Any]] = [
    ("name", 5, "5"),
    ("name", True, "True"),
    ("holes", "5", 5),
    ("holes", 5.0, 5),
    ("worn", "t", True),
    ("weight", "3.7", Decimal("3.70")),
    ("weight", 0.1, Decimal("0.10")),
    ("rough", 0.1, 0.1),
    ("rough", "3.75", 3.75),
    ("metal", "au", Metal.GOLD),
    ("metal", "IRON", Metal.IRON),
    ("day", "2026-1-5", date(2026, 1, 5)),
    ("day", datetime(2026, 1, 2, 1, 0, tzinfo=MOSCOW), date(2026, 1, 1)),
    ("token", "{0000000000000000000000000000000A}", UUID(int=10)),
    ("seal", bytearray(b"x"), b"x"),
    ("price", "9.90", Decimal("9.9")),
    ("half", "0.5", Decimal("0.5")),
    ("half", 0.5, Decimal("0.5")),
]
WRONG: list[tuple[str, Any]] = [
    ("name", "a\0b"),
    ("name", ["a"]),
    ("holes", 5.5),
    ("holes", "many"),
    ("holes", 2**40),
    ("holes", 2**70),
    ("small", 70_000),
    ("weight", Decimal("NaN")),
    ("metal", "tin"),
    ("day", "soon"),
    ("found_at", datetime(2026, 1, 2)),
    ("notes", {"a": {1}}),
    ("price", "dear"),
    ("seal", "text"),
    ("name", JSON.NULL),
    ("holes", JSON.NULL),
    ("weight", JSON.NULL),
    ("price", JSON.NULL),
    ("price", 2**31),
    ("plain", 70_000),
]


@pytest.mark.by_turns
@pytest.mark.parametrize(("name", "value", "stored"), VALUES)
async def test_every_door_stores_the_same(name: str, value: Any, stored: Any, session: AsyncSession) -> None:
    coins = CoinRepository(session)
    for door in DOORS:
        coin = await door(coins, name, value)
        held = getattr(coin, name)
        read = await session.scalar(select(getattr(Coin, name)).where(Coin.id == coin.id))
        assert (held, read) == (stored, stored), door
        # A driver has a UUID of its own.
        assert isinstance(held, type(stored)), door
        assert type(held) is type(read) or name == "token", door
        assert await coins.objects.filter(id=coin.id, **{name: value}).exists()
        await coins.objects.delete()


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "value"), WRONG)
async def test_every_door_refuses_the_same(name: str, value: Any, session: AsyncSession) -> None:
    coins = CoinRepository(session)
    for door in DOORS:
        if door is _get_or_create_by and value in (2**31, 2**40, 2**70, 70_000):
            continue
        with pytest.raises(InvalidLookupValueError, match=rf"^Coin: .*{name}="):
            await door(coins, name, value)
    assert not session.new


@pytest.mark.parametrize("name", ["size", "loud", "quiet", "shown", "shown_names"])
async def test_what_nothing_stores_is_refused(name: str, session: AsyncSession) -> None:
    boxes = BoxRepository(session)
    box = await boxes.flush().create()
    wrong = pytest.raises(UnknownFieldError, match=rf"^Box has no field '{name}'\. Box has: ")
    with wrong:
        await boxes.create(**{name: []})
    with wrong:
        await boxes.bulk_create([{name: []}])
    with wrong:
        await boxes.objects.get_or_create(id=99, defaults={name: []})
    with wrong:
        await boxes.objects.update_or_create({name: []}, id=box.id)
    if name != "quiet":  # the hybrid is its column in SQL
        with pytest.raises(UnsupportedOperationError, match=r"^update\(\) "):
            await boxes.objects.update({name: "1"})


async def test_the_error_names_what_was_asked(session: AsyncSession) -> None:
    coins = CoinRepository(session)
    with pytest.raises(InvalidLookupValueError) as error:
        await coins.create(holes=5.5)
    assert str(error.value) == "Coin: holes=5.5 does not fit: 'create' takes an integer here, not float"
    with pytest.raises(InvalidLookupValueError) as error:
        await coins.bulk_create([{"small": 70_000}])
    assert str(error.value) == "Coin: bulk_create(small=70000): beyond the integers of 16 bits (row 0)"
    with pytest.raises(UnknownFieldError, match=r"'hole'.*did you mean 'holes'"):
        await coins.create(hole=1)
    with pytest.raises(UnknownFieldError, match=r"Open has no field 'sizes': did you mean 'size'"):
        await OpenRepository(session).create(sizes=1)


async def test_moments_keep_their_offset(session: AsyncSession) -> None:
    moment = datetime(2026, 1, 2, 1, 0, tzinfo=MOSCOW)
    coin = await CoinRepository(session).flush().create(found_at=moment)

    assert coin.found_at == moment
    assert await CoinRepository(session).objects.filter(found_at=moment).exists()


async def test_a_date_is_that_of_the_repository_s_zone(session: AsyncSession) -> None:
    class Local(CoinRepository):
        time_zone = "Europe/Moscow"

    late = datetime(2026, 1, 1, 22, 0, tzinfo=UTC)
    coin = await Local(session).flush().create(day=late)
    other, created = await Local(session).objects.get_or_create(day=late, defaults={"name": "x"})

    assert (coin.day, other is coin, created) == (date(2026, 1, 2), True, False)
    await Local(session).objects.delete()
    found, _ = await Local(session).objects.get_or_create(day=late)
    assert found.day == date(2026, 1, 2)


async def test_what_is_read_is_stored_as_it_was(session: AsyncSession) -> None:
    """A type that stores what it read as something else is asked once only."""
    coin = await CoinRepository(session).flush().create(odd="abc")
    assert (coin.odd, await CoinRepository(session).objects.get(odd="abc")) == ("abc", coin)


async def test_what_the_mapping_does_with_values(session: AsyncSession) -> None:
    coins, box = CoinRepository(session).flush(), await BoxRepository(session).flush().create()

    coin = await coins.create(
        title=5, checked=" x ", parts="a,b,c", double=6, place=("1", 2), box=box, notes={"a": (1,)}
    )
    assert (coin.name, coin.checked, coin.parts, coin.holes) == ("5", "x", 3, 3)
    assert (type(coin.holes), coin.place, coin.x, coin.box, box.name) == (int, Point(1, 2), 1, box, "box")
    notes: Any = coin.notes
    notes["b"] = 2
    await session.flush()
    assert await coins.objects.filter(notes__b=2).exists()

    assert (await coins.create(parts=7)).parts == 7
    assert (await coins.create(box=str(box.id))).box_id == box.id
    assert (await coins.create(box_id=box)).box_id == box.id
    assert (await coins.create(box_name="made")).box_name == "made"
    assert (await coins.create(place=Point(3, None))).place == Point(3, None)
    assert (await coins.create(box=None, holes=None)).made == "today"
    with pytest.raises(InvalidLookupValueError, match="'create' takes an instance of Box"):
        await coins.create(box=Coin())
    with pytest.raises(InvalidLookupValueError, match="'create' takes an integer here"):
        await coins.create(double=3)
    with pytest.raises(InvalidLookupValueError, match="place="):
        await coins.create(place=("a", 2))


async def test_what_the_database_computes(session: AsyncSession) -> None:
    coins = CoinRepository(session).flush()

    coin = await coins.create(name=func.lower("ABC"), made=Upper(Value("x")))
    await session.refresh(coin)
    assert (coin.name, coin.made) == ("abc", "X")
    other, _ = await coins.objects.update_or_create({"name": Upper(F("made"))}, id=coin.id)
    assert other.name == "X"
    with pytest.raises(UnsupportedOperationError, match="a new row has no columns yet"):
        await coins.create(name=Upper(F("made")))


async def test_constructors_of_their_own(session: AsyncSession) -> None:
    secrets = SecretRepository(session).flush()
    secret = await secrets.create(code="#12", loud=True)
    assert (secret.code, secret.word) == (12, "5")
    with pytest.raises(InvalidLookupValueError, match="Secret: code='x'"):
        await secrets.create(code="x")
    assert (await OpenRepository(session).flush().create(size="3", loud=True)).size == 3
    data = await DataRepository(session).flush().create(size="3", times=2)
    assert (data.size, data.name) == (6, "data")


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_ranges_and_arrays(session: AsyncSession) -> None:
    wides = WideRepository(session).flush()
    wide = await wides.create(span=(1, "5"), sizes=("1", 2.0))
    assert (wide.span, wide.sizes) == (Range(1, 5), [1, 2])
    assert await wides.objects.filter(span=(1, 5), sizes=[1, 2]).exists()
    with pytest.raises(InvalidLookupValueError, match="sizes="):
        await wides.create(sizes=[1.5])
    assert (await wides.create(pair=["1", 2])).pair == (1, 2)
    with pytest.raises(InvalidLookupValueError, match=r"create\(words=\['abcd'\]\): beyond texts of 3"):
        await wides.create(words=["abcd"])
    with pytest.raises(InvalidLookupValueError, match=r"update\(grid=\[1\]\): no list of lists, 2 deep"):
        await wides.objects.update(grid=[1])
    with pytest.raises(InvalidLookupValueError, match=r"create\(bits='1010'\): not the 3 bits of the column"):
        await wides.create(bits="1010")
    for host in ("10.0.0.1", "10.0.0.1/8"):
        wide = await wides.create(host=host, net="10.0.0.0/8")
        held = wide.host, wide.net
        await session.refresh(wide)
        assert held == (wide.host, wide.net)
    assert not await wides.objects.filter(grid=[1]).exists()
    assert not await wides.objects.filter(words=["abcd"]).exists()


@pytest.mark.parametrize(
    ("name", "given", "stored"), [("metal", "au", Metal.GOLD), ("price", "9.90", Decimal("9.9"))]
)
async def test_a_plain_value_within_an_expression(
    name: str, given: str, stored: Any, session: AsyncSession
) -> None:
    """What a column stores as something else is of the column's type, whichever part of the value it is."""
    coins = CoinRepository(session).flush()
    coin = await coins.create(**{name: Value(given)})
    await session.refresh(coin)
    assert getattr(coin, name) == stored
    for value in (
        Value(given),
        Coalesce(name, Value(given)),
        Case(When(id=0, then=F(name)), default=Coalesce(F(name), Value(given))),
    ):
        await coins.objects.update({name: None})
        await coins.objects.update({name: value})
        assert getattr(coin, name) == stored
    with pytest.raises(InvalidLookupValueError, match="'tin' in an expression: it takes"):
        await coins.objects.update({name: Coalesce(name, Value("tin"))})


async def test_a_plain_value_beside_a_decorated_type(session: AsyncSession) -> None:
    coins = CoinRepository(session).flush()
    coin = await coins.create(price="1.50")

    await coins.objects.update(price=F("price") + Decimal(1))
    assert coin.price == Decimal("2.5")
    rows = coins.objects.annotate(less=F("price") - 1, more=Decimal("0.5") + F("price"))
    assert await rows.values_list("less", "more") == [(Decimal("1.5"), Decimal(3))]
    assert await coins.objects.filter(price=F("price") + Decimal(0), price__lt=F("price") + "0.01").exists()
