"""The two doors for names from outside: what is not allowed is refused alike everywhere, and lists none."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    Count,
    Exists,
    F,
    FilteredRelation,
    InvalidLookupValueError,
    NameNotAllowedError,
    Q,
    QuerySet,
    UnsupportedOperationError,
    Value,
    When,
)
from django_like_repos.errors import shortened
from django_like_repos.functions import Lower
from tests.recording import RecordedSQL
from tests.security.models import Account, AccountRepository, Tenant

ALLOWED = ["login", "login__icontains", "tenant__name", "id"]
EVERY_NAME = {*Account.__mapper__.attrs.keys(), *Tenant.__mapper__.attrs.keys(), "Account", "Tenant"}
ATTACKS = [
    "password",
    "password__startswith",
    "login__startswith",
    "login__exact",
    "LOGIN",
    "login ",
    "tenant",
    "tenant_id",
    "tenant__accounts__password__startswith",
    "tenant__accounts__tenant__name",
    "pk",
    "pk__in",
    "data__a",
    "_connector",
    "_negated",
    "__class__",
    "_sa_instance_state",
    "",
    "__",
    "nothing_of_the_kind",
    "x" * 100_000,
    "__".join(["tenant", "accounts"] * 200),
]


def refused(call: Callable[[], Any]) -> None:
    with pytest.raises(NameNotAllowedError) as caught:
        call()
    assert type(caught.value) is NameNotAllowedError
    said = str(caught.value).replace(shortened(caught.value.name), "")
    assert EVERY_NAME.intersection(re.findall(r"\w+", said)) == set()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ATTACKS, ids=lambda name: name[:30])
def test_attacks_by_keywords(name: str) -> None:
    accounts: Any = QuerySet(Account).filter(tenant_id=1)
    refused(lambda: Q.from_untrusted({name: "x"}, allow=ALLOWED))
    refused(lambda: Q.from_untrusted({"login": "ann", name: "x"}, allow=ALLOWED))
    strict = accounts.strict_names(ALLOWED)
    refused(lambda: strict.filter(**{name: "x"}))
    refused(lambda: strict.exclude(**{name: "x"}))
    refused(lambda: strict.filter(Q(id=1) | ~Q((name, "x"))))
    refused(lambda: strict.filter(id=F(name)))
    refused(lambda: strict.order_by(name))
    refused(lambda: strict.order_by(f"-{name}"))
    refused(lambda: strict.values("login", name))
    refused(lambda: strict.values_list(name, flat=True))
    refused(lambda: strict.distinct(name))


def strict() -> Any:
    return QuerySet(Account).strict_names(ALLOWED)


CALLS: dict[str, Callable[[], Any]] = {
    "complex_filter": lambda: strict().complex_filter({"password": "x"}),
    "filter by F": lambda: strict().filter(login=F("password")),
    "filter by F in a list": lambda: strict().filter(login__in=["a", F("password")]),
    "filter by arithmetic": lambda: strict().filter(id=F("tenant_id") + 1),
    "filter by a function": lambda: strict().filter(login=Lower("password")),
    "annotate": lambda: strict().annotate(x=F("password")),
    "annotate by a function": lambda: strict().annotate(x=Lower("password")),
    "annotate an aggregate": lambda: strict().annotate(x=Count("tenant__accounts")),
    "annotate with a filter": lambda: strict().annotate(x=Count("id", filter=Q(password="x"))),
    "annotate a case": lambda: strict().annotate(x=Q(password__startswith="x")),
    "alias": lambda: strict().alias(x=F("password")),
    "FilteredRelation": lambda: strict().annotate(t=FilteredRelation("tenant")),
    "order_by an expression": lambda: strict().order_by(F("password").desc()),
    "order_by chance": lambda: strict().order_by("?"),
    "values of an expression": lambda: strict().values(x=Lower("password")),
    "values of an annotation": lambda: strict().annotate(x=F("login")).values("x"),
    "filter by an annotation": lambda: strict().annotate(x=F("login")).filter(x="a"),
    "options": lambda: strict().options("tenant"),
    "innerjoin": lambda: strict().innerjoin("tenant"),
    "outerjoin": lambda: strict().outerjoin("tenant"),
    "returning": lambda: strict().returning("password"),
    "dates": lambda: strict().dates("seen", "year"),
    "a lookup": lambda: strict().filter(When(password="x", then=Value(1)).condition),
    "a later call": lambda: strict().filter(id=1).order_by("id")[:5].all().values("password"),
    "a combination": lambda: (strict() | QuerySet(Account)).filter(password="x"),
    "a combination with one": lambda: (QuerySet(Account) | strict()).filter(password="x"),
    "a combination of a slice": lambda: (strict()[:2] | strict()).filter(password="x"),
    "a union": lambda: QuerySet(Account).union(strict()).order_by("password"),
    "stricter": lambda: strict().strict_names(["id"]).filter(login="x"),
    "looser": lambda: strict().strict_names(["id", "password"]).filter(password="x"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_way_for_a_name(call: Callable[[], Any]) -> None:
    refused(call)


AWAITED: dict[str, Callable[[QuerySet[Any]], Awaitable[Any]]] = {
    "get": lambda q: q.get(password="x"),
    "get_or_create": lambda q: q.get_or_create(password="x"),
    "get_or_create defaults": lambda q: q.get_or_create({"password": "x"}, id=1),
    "update_or_create defaults": lambda q: q.update_or_create({"password": "x"}, id=1),
    "update": lambda q: q.update(password="x"),
    "update by F": lambda q: q.update(login=F("password")),
    "aggregate": lambda q: q.aggregate(x=Count("password")),
    "in_bulk": lambda q: q.in_bulk(["x"], field_name="password"),
    "earliest": lambda q: q.earliest("password"),
    "latest": lambda q: q.latest("seen"),
}


@pytest.mark.parametrize("call", AWAITED.values(), ids=AWAITED)
async def test_every_way_that_is_awaited(
    call: Callable[[QuerySet[Any]], Awaitable[Any]], accounts: AccountRepository, sql: RecordedSQL
) -> None:
    strict = accounts.strict_names(ALLOWED)
    sql.clear()
    with pytest.raises(NameNotAllowedError):
        await call(strict.objects)
    assert len(sql) == 0


async def test_what_is_allowed_is_answered(accounts: AccountRepository) -> None:
    strict = accounts.strict_names(allow=ALLOWED)
    q = strict.objects

    assert [each.login for each in await q.filter(login__icontains="A", tenant__name="ours")] == ["ann"]
    assert await q.order_by("-login").values_list("login", flat=True) == ["bob", "ann"]
    assert await q.exclude(id=1).values("login") == [{"login": "bob"}]
    assert await q.annotate(n=Count("id")).values_list("login", flat=True) == ["ann", "bob"]
    # What nobody has written need not be allowed.
    first = await q.first()
    assert first is not None
    assert first.login == "ann"
    assert await q.contains(first)
    assert list(await QuerySet(Account, accounts._session).strict_names([]).in_bulk([2])) == [2]
    assert (await q.last()) is not None
    assert await (q[:1] | q.filter(id=2)).count() == 2
    assert (await q.filter(id=1).update(login="amy")).rowcount == 1
    assert await strict.commit().objects.filter(login="amy").exists()


async def test_keys_of_a_client(accounts: AccountRepository) -> None:
    query = {"login__icontains": "n", "tenant__name": "ours"}
    asked = Q.from_untrusted(query, allow=ALLOWED)

    assert [each.login for each in await accounts.objects.filter(asked)] == ["ann"]
    assert [each.login for each in await accounts.objects.exclude(asked)] == ["bob"]
    assert await accounts.objects.filter(Q.from_untrusted({}, allow=ALLOWED)).count() == 2
    assert await accounts.objects.filter(Q.from_untrusted({"id": "2"}, allow=str.isalpha)).count() == 1
    with pytest.raises(InvalidLookupValueError):
        accounts.objects.filter(Q.from_untrusted({"id": "two"}, allow=ALLOWED))


def test_names_that_are_allowed_and_mean_nothing() -> None:
    """A function that allows too much opens no view of the model."""
    for name in ("passwort", "login__contain", "tenant__nme", "tenant__icontains", "login__x__y"):
        refused(lambda name=name: QuerySet(Account).filter(Q.from_untrusted({name: "x"}, allow=len)))  # type: ignore[misc, arg-type]
        refused(lambda name=name: QuerySet(Account).strict_names(bool).filter(**{name: "x"}))  # type: ignore[misc]


@pytest.mark.parametrize("allow", ["login", b"login", 5, None, [1], [["login"]]])
def test_what_cannot_allow(allow: Any) -> None:
    for make in (lambda: Q.from_untrusted({}, allow), lambda: QuerySet(Account).strict_names(allow)):
        with pytest.raises(InvalidLookupValueError, match="allow takes a list of names"):
            make()


def test_what_is_no_mapping() -> None:
    untyped: Any = Q.from_untrusted
    with pytest.raises(InvalidLookupValueError, match="takes a mapping"):
        untyped([("login", "x")], ALLOWED)


def test_no_fields_are_not_all_fields() -> None:
    for call in (strict().values, strict().values_list):
        with pytest.raises(UnsupportedOperationError, match="says which fields"):
            call()


def test_subqueries_say_for_themselves() -> None:
    tenants = QuerySet(Tenant).filter(name="ours")
    assert "EXISTS" in strict().filter(Exists(tenants)).sql()


def test_a_function_is_asked_each_time() -> None:
    allowed = {"login"}
    q = QuerySet(Account).strict_names(lambda name: name in allowed)
    q.filter(login="x")
    allowed.clear()
    refused(lambda: q.filter(login="x"))


def test_lists_share_their_plans() -> None:
    one, two = QuerySet(Account).strict_names(["login"]), QuerySet(Account).strict_names({"login"})
    plain = QuerySet(Account).filter(login="x")

    assert one._query.names is two._query.names
    assert one.filter(login="x")._query.shape == plain._query.shape
    by_function = QuerySet(Account).strict_names(bool).annotate(n=Count("id"))
    assert by_function._query.shape == QuerySet(Account).annotate(n=Count("id"))._query.shape


async def test_get_queryset_says_what_it_likes(session: AsyncSession) -> None:
    strict = AccountRepository(session).strict_names(["login"])
    assert await strict.objects.count() == 2
    assert "tenant_id = 1" in strict.objects.sql()
