"""Django's ORM, called as it is at its fastest: synchronously, in the event loop's own thread.

Its `aget()` and the like are the same calls, sent to another thread and waited for. It speaks to PostgreSQL
by psycopg, to SQLite by Python's own module: neither goes to another thread, as aiosqlite does.
"""

# Django has no type annotations.
# mypy: disable-error-code="misc, no-any-return"
# pyright: reportAttributeAccessIssue=false, reportIndexIssue=false, reportGeneralTypeIssues=false

import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from django.db import connections, models, transaction
from django.db.models import Count, F
from sqlalchemy import URL

from benchmarks.suite.entrant import Entrant, Mode
from benchmarks.suite.workloads import ways_of
from tests.installing import install

NAME: Final = "Django (sync)"

LABEL: Final = "benchmarks_suite"
BACKENDS: Final = {"sqlite": "django.db.backends.sqlite3", "postgresql": "django.db.backends.postgresql"}

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

install(LABEL, sys.modules[__name__])


class Country(models.Model):
    name = models.TextField(unique=True)

    class Meta:
        app_label = LABEL
        db_table = "countries"
        managed = False


class City(models.Model):
    name = models.TextField(unique=True)
    people = models.IntegerField()
    country = models.ForeignKey(Country, models.CASCADE, related_name="cities")

    class Meta:
        app_label = LABEL
        db_table = "cities"
        managed = False


class Remark(models.Model):
    text = models.TextField()

    class Meta:
        app_label = LABEL
        db_table = "remarks"
        managed = False


async def by_key(_: object, number: int) -> Any:
    return City.objects.get(pk=number)


async def by_text(_: object, text: str) -> Any:
    return City.objects.get(name=text)


async def related(_: object) -> Sequence[Any]:
    return [*City.objects.filter(country__name="country 7").order_by("name")[:20]]


async def exists(_: object) -> bool:
    return City.objects.filter(country__name="country 7").exists()


async def count(_: object) -> int:
    return City.objects.filter(country__name="country 7").count()


async def page(_: object) -> tuple[Sequence[Any], int]:
    wanted = City.objects.filter(people__gte=1_000)
    return [*wanted.order_by("id")[40:60]], wanted.count()


async def values(_: object) -> Sequence[Any]:
    return [*City.objects.order_by("id").values_list("id", "name")]


async def entities(_: object) -> Sequence[Any]:
    return [*City.objects.all()]


async def children(_: object) -> list[tuple[Any, Sequence[Any]]]:
    countries = Country.objects.prefetch_related("cities")
    return [(country, [*country.cities.all()]) for country in countries]


async def groups(_: object) -> Sequence[Any]:
    counted = Country.objects.annotate(number=Count("cities"))
    return [*counted.order_by("name").values_list("name", "number")]


async def contains(_: object) -> Sequence[Any]:
    return [*City.objects.filter(name__icontains="TY 12").order_by("id")[:20]]


async def listed(_: object, ids: list[int]) -> Sequence[Any]:
    return [*City.objects.filter(id__in=ids)]


async def update_related(_: object) -> int:
    return City.objects.filter(country__name="country 7").update(people=F("people") + 1)


async def delete_listed(_: object, ids: list[int]) -> int:
    return City.objects.filter(id__in=ids).delete()[0]


async def get_or_create(_: object, text: str) -> tuple[Any, bool]:
    return City.objects.get_or_create(name=text, defaults={"people": 1, "country_id": 1})


async def create(_: object, text: str) -> None:
    Remark.objects.create(text=text)


WAYS: Final = ways_of(__name__)


@asynccontextmanager
async def connected(url: URL) -> AsyncIterator[None]:
    """Django's default connection to a database of SQLAlchemy's, as this thread's."""
    named: Any = {
        "ENGINE": BACKENDS[url.get_backend_name()],
        "NAME": url.database,
        "USER": url.username,
        "PASSWORD": url.password or "",
        "HOST": url.query.get("host") or url.host or "",
        "PORT": url.port or "",
    }
    connections.settings["default"] = connections.configure_settings({"default": named})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        del connections["default"]


@asynccontextmanager
async def entrant(url: URL) -> AsyncIterator[Entrant]:
    @asynccontextmanager
    async def scope(mode: Mode) -> AsyncIterator[None]:
        if mode == "autocommit":
            yield
            return
        with transaction.atomic():
            yield
            if mode == "transaction":
                transaction.set_rollback(True)

    async with connected(url):
        yield Entrant(NAME, WAYS, scope)
