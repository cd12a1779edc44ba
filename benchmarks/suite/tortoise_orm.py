"""Tortoise ORM, on asyncpg and aiosqlite: in autocommit by itself, in a transaction by `in_transaction()`."""

# Its models are typed by themselves alone, and it need not be installed.
# mypy: disable-error-code="misc, no-any-return, call-arg, unused-ignore"
# pyright: reportMissingImports=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportIncompatibleVariableOverride=false, reportArgumentType=false, reportReturnType=false

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import URL
from tortoise import Tortoise, fields
from tortoise.expressions import F
from tortoise.functions import Count
from tortoise.models import Model
from tortoise.transactions import in_transaction

from benchmarks.suite.entrant import POOL, Entrant, Mode
from benchmarks.suite.workloads import ways_of

NAME: Final = "Tortoise"


class Country(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=255, unique=True)
    cities: Any

    class Meta:
        table = "countries"


class City(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(max_length=255, unique=True)
    people = fields.IntField()
    country: Any = fields.ForeignKeyField("suite.Country", related_name="cities")

    class Meta:
        table = "cities"


class Remark(Model):
    id = fields.IntField(primary_key=True)
    text = fields.TextField()

    class Meta:
        table = "remarks"


async def by_key(_: object, number: int) -> Any:
    return await City.get(id=number)


async def by_text(_: object, text: str) -> Any:
    return await City.get(name=text)


async def related(_: object) -> Sequence[Any]:
    return await City.filter(country__name="country 7").order_by("name").limit(20)


async def exists(_: object) -> bool:
    return await City.filter(country__name="country 7").exists()


async def count(_: object) -> int:
    return await City.filter(country__name="country 7").count()


async def page(_: object) -> tuple[Sequence[Any], int]:
    wanted = City.filter(people__gte=1_000)
    return await wanted.order_by("id").limit(20).offset(40), await wanted.count()


async def values(_: object) -> Sequence[Any]:
    return await City.all().order_by("id").values_list("id", "name")


async def entities(_: object) -> Sequence[Any]:
    return await City.all()


async def children(_: object) -> list[tuple[Any, Sequence[Any]]]:
    return [(country, [*country.cities]) for country in await Country.all().prefetch_related("cities")]


async def groups(_: object) -> Sequence[Any]:
    counted = Country.annotate(number=Count("cities")).order_by("name")
    return await counted.values_list("name", "number")


async def contains(_: object) -> Sequence[Any]:
    return await City.filter(name__icontains="TY 12").order_by("id").limit(20)


async def listed(_: object, ids: list[int]) -> Sequence[Any]:
    return await City.filter(id__in=ids)


async def update_related(_: object) -> int:
    return await City.filter(country__name="country 7").update(people=F("people") + 1)


async def delete_listed(_: object, ids: list[int]) -> int:
    return await City.filter(id__in=ids).delete()


async def get_or_create(_: object, text: str) -> tuple[Any, bool]:
    return await City.get_or_create(name=text, defaults={"people": 1, "country_id": 1})


async def create(_: object, text: str) -> None:
    await Remark.create(text=text)


WAYS: Final = ways_of(__name__)


def config(url: URL, app: str, module: str) -> dict[str, Any]:
    """Tortoise's settings for a database of SQLAlchemy's."""
    if url.get_backend_name() == "sqlite":
        connection: dict[str, Any] = {
            "engine": "tortoise.backends.sqlite",
            "credentials": {"file_path": url.database},
        }
    else:
        host: Any = url.query.get("host") or url.host
        connection = {
            "engine": "tortoise.backends.asyncpg",
            "credentials": {
                "host": host,
                "port": url.port,
                "user": url.username,
                "password": url.password,
                "database": url.database,
                "minsize": 1,
                "maxsize": POOL,
            },
        }
    # Tortoise keeps statements by the connection's name, whatever the database.
    name = url.get_backend_name()
    return {
        "connections": {name: connection},
        "apps": {app: {"models": [module], "default_connection": name}},
    }


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    async def opened() -> Any:
        return await Tortoise.init(config=config(url, "suite", __name__), _enable_global_fallback=True)

    context = await opened()

    @asynccontextmanager
    async def scope(mode: Mode) -> AsyncIterator[None]:
        if mode == "autocommit":
            yield
            return
        async with in_transaction() as transaction:
            yield
            if mode == "transaction":
                await transaction.rollback()

    try:
        yield Entrant(NAME, WAYS, scope)
    finally:
        await context.close_connections()
