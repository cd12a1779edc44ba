"""What errors and logs show of a query: names and kinds, and values only where somebody asked for it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Case,
    Count,
    Database,
    DoesNotExist,
    Exists,
    F,
    MultipleObjectsReturned,
    Q,
    QueryBuilder,
    QuerySet,
    Value,
    When,
)
from django_like_repos.functions import Concat
from tests.security.models import Account, Base, Tenant

SECRET = "hunter2"
q: Any = QuerySet(Account)

TOLD: dict[str, tuple[Callable[[], Any], str]] = {
    "a text": (lambda: q.filter(password=SECRET), ".filter(password=<str>)"),
    "a number": (lambda: q.filter(id=1234), ".filter(id=<int>)"),
    "a list": (lambda: q.filter(password__in=[SECRET]), ".filter(password__in=<list>)"),
    "what decides the SQL": (
        lambda: q.filter(password=None, login__isnull=True),
        ".filter(password=None, login__isnull=True)",
    ),
    "a Q": (
        lambda: q.exclude(~Q(password=SECRET) | Q(id=1234)),
        ".exclude((~Q(password=<str>) | Q(id=<int>)))",
    ),
    "a pair": (lambda: q.filter(("password", SECRET)), ".filter(('password', <str>))"),
    "a name": (lambda: q.filter(password=F("login")), ".filter(password=F('login'))"),
    "arithmetic": (lambda: q.filter(id=F("id") + 1234), ".filter(id=(F('id') + <int>))"),
    "a value": (lambda: q.filter(password=Value(SECRET)), ".filter(password=Value(…))"),
    "a function": (
        lambda: q.annotate(x=Concat("login", Value(SECRET))),
        ".annotate(x=Concat('login', Value(…)))",
    ),
    "a case": (
        lambda: q.annotate(x=Case(When(password=SECRET, then=Value(1)))),
        ".annotate(x=Case(…))",
    ),
    "an aggregate": (lambda: q.annotate(x=Count("id")), ".annotate(x=Count('id'))"),
    "a queryset": (
        lambda: q.filter(tenant__in=QuerySet(Tenant).filter(name=SECRET)),
        ".filter(tenant__in=<QuerySet Tenant.filter(name=<str>)>)",
    ),
    "a subquery": (lambda: q.filter(Exists(QuerySet(Tenant).filter(name=SECRET))), ".filter(Exists(…))"),
    "names": (lambda: q.order_by("-login").values("id")[1:5], ".order_by('-login').values('id')[1:5]"),
    "a union": (
        lambda: q.filter(password=SECRET).union(q.filter(id=1234)),
        ".filter(password=<str>).union('Account.filter(id=<int>)')",
    ),
    "either": (lambda: q.filter(id=1) | q.filter(password=SECRET), "|(Account.filter(password=<str>))"),
    "options": (lambda: q.execution_options(token=SECRET), ".execution_options(token=<str>)"),
}


@pytest.mark.parametrize("name", TOLD)
def test_told(name: str) -> None:
    make, told = TOLD[name]
    text = repr(make())
    assert told in text
    assert SECRET not in text
    assert "1234" not in text


def test_builders_and_items() -> None:
    builder = QueryBuilder(Account)
    builder.filter(password=SECRET)
    assert SECRET not in repr(builder.query)
    assert SECRET not in repr(q.filter(password=SECRET)[0])


async def test_errors_do_not_tell(session: AsyncSession) -> None:
    accounts: Any = QuerySet(Account, session)
    asked: list[Callable[[], Any]] = [
        lambda: accounts.get(password=SECRET),
        lambda: accounts.filter(password=SECRET).latest("id"),
        lambda: accounts.exclude(password=SECRET).get(),
        lambda: accounts.exclude(password=SECRET).get_or_none(),
        lambda: accounts.exclude(password=SECRET).get_or_create(tenant_id=1),
    ]
    for ask in asked:
        with pytest.raises((DoesNotExist, MultipleObjectsReturned)) as caught:
            await ask()
        assert SECRET not in str(caught.value)
        assert "<str>" in str(caught.value)


async def test_the_switch(fresh_database: Database) -> None:
    url = fresh_database.engine.url
    async with Database(url, show_values=True) as shown:
        await shown.create_all(Base.metadata)
        async with shown.session() as session:
            with pytest.raises(DoesNotExist) as caught:
                await QuerySet(Account, session).get(password=SECRET)
            assert str(caught.value) == "no Account.filter(password='hunter2')"
            assert SECRET in repr(QuerySet(Account, session).filter(password=SECRET)[:5])
    async with Database(url, show_values=True, hide_parameters=True) as hidden, hidden.session() as session:
        assert SECRET not in repr(QuerySet(Account, session).filter(password=SECRET))
