"""Other names of columns, of expressions and of relations."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship, synonym

from django_like_repos import BaseRepository, F, QuerySet
from tests.mappings.reading import Chains, gives, tuples
from tests.recording import RecordedSQL
from tests.sqltext import same_sql


class Base(DeclarativeBase):
    """The models of this module."""


class Owner(Base):
    __tablename__ = "owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    age: Mapped[int]

    accounts: Mapped[list["Account"]] = relationship(back_populates="owner")
    books: Mapped[list["Account"]] = synonym("accounts")
    title: Mapped[str] = synonym("name")


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column("e_mail")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner | None] = relationship(back_populates="accounts")
    double: Mapped[int] = column_property(id * 2)

    number: Mapped[int] = synonym("id")
    mail: Mapped[str] = synonym("email")
    address: Mapped[str] = synonym("mail")
    twice: Mapped[int] = synonym("double")
    holder: Mapped[Owner | None] = synonym("owner")
    holder_id: Mapped[int | None] = synonym("owner_id")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Owner(id=1, name="Ann", age=30), Owner(id=2, name="Bob", age=20), Owner(id=3, name="Cid", age=40)]
    yield [
        Account(id=1, email="a@x", owner_id=1),
        Account(id=2, email="b@x", owner_id=1),
        Account(id=3, email="c@y", owner_id=2),
        Account(id=4, email="d@y"),
    ]


CHAINS: Chains = {
    "a column": (Account, lambda q: q.filter(mail="b@x"), [2]),
    "with a lookup": (Account, lambda q: q.filter(mail__endswith="y").order_by("-mail"), [4, 3]),
    "a synonym of a synonym": (Account, lambda q: q.filter(address="b@x").order_by("address"), [2]),
    "the key": (Account, lambda q: q.filter(number__in=[1, 3]).order_by("-number"), [3, 1]),
    "an expression": (Account, lambda q: q.filter(twice__gte=6).order_by("twice"), [3, 4]),
    "among themselves": (Account, lambda q: q.filter(twice=F("number") + 1), [1]),
    "a foreign key": (Account, lambda q: q.filter(holder_id=2), [3]),
    "a relation": (Account, lambda q: q.filter(holder=1).order_by("id"), [1, 2]),
    "a relation, none": (Account, lambda q: q.filter(holder__isnull=True), [4]),
    "behind a relation": (Account, lambda q: q.filter(holder__title="Bob"), [3]),
    "order behind a relation": (
        Account,
        lambda q: q.exclude(holder=None).order_by("-holder__age", "-mail"),
        [2, 1, 3],
    ),
    "to-many": (Owner, lambda q: q.filter(books__mail__endswith="x"), [1]),
    "not to-many": (Owner, lambda q: q.exclude(books__mail="a@x").order_by("title"), [2, 3]),
    "none of many": (Owner, lambda q: q.filter(books=None), [3]),
    "order by many": (Owner, lambda q: q.filter(books__number__gt=0).order_by("-books__mail"), [2, 1]),
    "values": (
        Account,
        lambda q: q.filter(number__gt=2).order_by("mail").values("mail", "holder__title", "twice"),
        [
            {"mail": "c@y", "holder__title": "Bob", "twice": 6},
            {"mail": "d@y", "holder__title": None, "twice": 8},
        ],
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(session: AsyncSession, model: type[Any], make: Any, found: list[Any]) -> None:
    await gives(make(QuerySet(model, session)), found)


async def test_a_relation_by_two_names_is_one_join(session: AsyncSession, sql: RecordedSQL) -> None:
    accounts = (
        QuerySet(Account, session).filter(holder__age__gt=20, owner__name="Ann").order_by("holder__title")
    )
    await gives(
        accounts.order_by("owner__title", "id").values_list("id", "holder__name"), [(1, "Ann"), (2, "Ann")]
    )
    assert all(statement.count("JOIN owners") == 1 for statement, _ in sql.statements)


async def test_a_collection_by_two_names_is_one_join_within_a_call(
    session: AsyncSession, sql: RecordedSQL
) -> None:
    owners = QuerySet(Owner, session)
    await gives(owners.filter(books__id=1, accounts__email="b@x"), [])
    assert sql.last.count("accounts AS") == 1
    await gives(owners.filter(books__id=1).filter(accounts__email="b@x"), [1])


async def test_the_sql_is_that_of_what_is_meant(session: AsyncSession, sql: RecordedSQL) -> None:
    assert await QuerySet(Account, session).filter(mail="c@y", holder=2).count() == 1
    same_sql(
        sql.last,
        "SELECT count(*) AS count_1 FROM accounts WHERE accounts.owner_id = ? AND accounts.e_mail = ?",
    )


async def test_a_declared_join(session: AsyncSession, sql: RecordedSQL) -> None:
    accounts = QuerySet(Account, session).outerjoin("holder").options("holder").order_by("id")
    found = await accounts.filter(owner__isnull=True)
    assert [(account.id, account.owner) for account in found] == [(4, None)]
    owners = await QuerySet(Owner, session).options("books").order_by("id")[:1]
    assert [{account.email for account in owner.books} for owner in owners] == [{"a@x", "b@x"}]
    assert len(sql) == 2


async def test_update(session: AsyncSession) -> None:
    accounts = QuerySet(Account, session)
    first = await accounts.get(number=1)
    bob = await QuerySet(Owner, session).get(title="Bob")
    assert tuples(
        await accounts.filter(holder__title="Ann").returning("mail").update(mail="n", holder=bob)
    ) == [
        ("n",),
        ("n",),
    ]
    assert (first.mail, first.holder_id) == ("n", 2)
    await accounts.filter(mail="n").update(holder_id=3, address="m")
    await gives(accounts.filter(holder__title="Cid", email="m").order_by("id"), [1, 2])


async def test_delete(session: AsyncSession) -> None:
    accounts = QuerySet(Account, session)
    assert (await accounts.filter(holder__title="Ann", mail="a@x").delete()).rowcount == 1
    await gives(accounts.order_by("id"), [2, 3, 4])


async def test_create(session: AsyncSession) -> None:
    class Accounts(BaseRepository[Account]): ...

    repo = Accounts(session).flush()
    made = await repo.create(mail="new")
    assert made.email == "new"
    found, created = await repo.objects.get_or_create(mail="other", holder_id=2)
    assert (created, found.email, found.owner_id) == (True, "other", 2)
    assert await repo.objects.update_or_create({"address": "last"}, mail="other") == (found, False)
    assert found.email == "last"
