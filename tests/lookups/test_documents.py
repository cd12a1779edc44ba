"""Lookups on JSON: paths, containment, keys, None, order, as jsonb means them on both databases."""

from typing import Any

import pytest
from sqlalchemy import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    Case,
    F,
    InvalidLookupValueError,
    JSONNull,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    When,
)
from django_like_repos.functions import Coalesce, JSONObject, KeyTransform, Lower
from tests.lookups.models import Visit
from tests.recording import RecordedSQL

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

FOUND: dict[str, tuple[dict[str, Any], list[int]]] = {
    "a path": ({"data__owner__name": "Éva"}, [1]),
    "text of a path": ({"data__owner__name__istartswith": "éV"}, [1]),
    "an index": ({"data__sizes__0": 3}, [1]),
    "an index from the end": ({"data__sizes__-1": 1}, [1]),
    "an index that is not there": ({"data__sizes__7__isnull": True}, [1, 2, 3, 4]),
    "a number in order": ({"data__a__gt": 9}, [2]),
    "numbers of other forms": ({"data__sizes": [3.0, 1]}, [1]),
    "one of": ({"data__a__in": [2, "x", None]}, [1]),
    "a path against a path": ({"data__a__gt": F("data__b")}, [1]),
    "the whole, keys in another order": (
        {"data": {"a": 2, "b": 1, "sizes": [3, 1], "owner": {"name": "Éva"}}},
        [1],
    ),
    "a whole string": ({"data": "plain"}, [3]),
    "null under a key": ({"data__owner": None}, [2]),
    "not null under a key": ({"data__owner__ne": None}, [1]),
    "no key": ({"data__b__isnull": True}, [2, 3, 4]),
    "a key": ({"data__b__isnull": False}, [1]),
    "no document": ({"data__isnull": True}, [4]),
    "contains": ({"data__contains": {"sizes": [3]}}, [1]),
    "contains, in a path": ({"data__sizes__contains": [1]}, [1]),
    "contained": ({"data__a__contained_by": [2, 5]}, [1]),
    "contained document": ({"data__owner__contained_by": {"name": "Éva", "age": 5}}, [1]),
    "a key is there": ({"data__has_key": "b"}, [1]),
    "a key in a path": ({"data__owner__has_key": "name"}, [1]),
    "all keys": ({"data__has_keys": ["a", "sizes"]}, [1, 2]),
    "any key": ({"data__has_any_keys": ["b", "zz"]}, [1]),
    "no keys": ({"data__has_keys": []}, [1, 2, 3]),
    "a key that is a column's text": ({"data__has_key": F("guest__name")}, []),
    "a key that is computed": ({"data__has_key": Lower(Value("B"))}, [1]),
    "a key that is a number": ({"data__has_key": F("id")}, []),
    "the keys of a path": ({"data__has_key": F("data__owner__name")}, [1]),
    "the keys of a path, of another document": (
        {"data__owner__has_key": F("guest__visits__data__name")},
        [1],
    ),
    "the keys of a path that is computed": (
        {"data__has_key": KeyTransform("name", KeyTransform("owner", "data"))},
        [1],
    ),
    "all keys, some computed": ({"data__has_keys": [Lower(Value("A")), "sizes", F("data__owner")]}, [1, 2]),
    "any key, some computed": ({"data__has_any_keys": ["zz", Lower(Value("B"))]}, [1]),
    "JSON's null": ({"data__owner": JSONNull()}, [2]),
    "JSON's null as a value": ({"data__owner": Value(None, JSON())}, [2]),
    "all but JSON's null": ({"data__owner__ne": JSONNull()}, [1]),
    "JSON's null among others": ({"data__owner__in": [JSONNull(), {"name": "Éva"}]}, [1, 2]),
    "more than JSON's null": ({"data__owner__gt": JSONNull()}, [1]),
    "containing JSON's null": ({"data__contains": JSONObject(owner=JSONNull())}, [2]),
    "a key that reads like a lookup": ({"data__contains__year": 1}, []),
}


@pytest.mark.parametrize(("lookups", "found"), FOUND.values(), ids=FOUND)
async def test_found(session: AsyncSession, lookups: dict[str, Any], found: list[int]) -> None:
    visits = QuerySet(Visit, session).order_by("id")
    assert await visits.filter(**lookups).values_list("id", flat=True) == found
    assert await visits.filter(**lookups).count() == len(found)


async def test_sql(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    await QuerySet(Visit, session).filter(data__owner__name__startswith="a", data__a__lt=5).count()
    where = sql.last.partition(" WHERE ")[2]
    if backend == "postgresql":
        assert where == (
            "(visits.data #> ARRAY['a']) < $1::JSONB"
            " AND (visits.data #>> ARRAY['owner', 'name']) LIKE $2::VARCHAR ESCAPE '/'"
        )
    else:
        assert where == (
            "dlr_json_order(dlr_json_path(visits.data, '[\"a\"]')) < dlr_json_order(?)"
            " AND dlr_json_text(visits.data, '[\"owner\",\"name\"]') LIKE ? ESCAPE '/'"
        )


async def test_values_are_python_s(session: AsyncSession) -> None:
    visits = QuerySet(Visit, session).filter(id__lt=3).order_by("id")
    assert await visits.values_list("data__owner", "data__sizes__0") == [({"name": "Éva"}, 3), (None, None)]
    assert await visits.values("data__owner__name") == [
        {"data__owner__name": "Éva"},
        {"data__owner__name": None},
    ]


async def test_order_is_that_of_jsonb(session: AsyncSession) -> None:
    """Numbers as numbers, objects by how many pairs they have, and strings before objects."""
    visits = QuerySet(Visit, session).exclude(data__isnull=True)
    assert await visits.order_by("data").values_list("id", flat=True) == [3, 2, 1]
    paths = visits.filter(data__a__isnull=False)
    assert await paths.order_by("data__a").values_list("id", flat=True) == [1, 2]


async def test_querysets_of_documents(session: AsyncSession) -> None:
    visits = QuerySet(Visit, session)
    documents = visits.filter(id__in=[1, 3]).values_list("data", flat=True)
    assert await visits.filter(data__in=documents).order_by("id").values_list("id", flat=True) == [1, 3]
    assert await visits.filter(data__in=["plain", {"a": 1}]).values_list("id", flat=True) == [3]


@pytest.mark.parametrize(
    "key", ["it's", 'a"b', "x%(y)s", ":z", "a\\b", "$", "", "ключ", "'; DROP TABLE visits; --"]
)
async def test_keys_are_never_sql(session: AsyncSession, key: str) -> None:
    await session.merge(Visit(id=4, data={key: {"n": 1}}))
    await session.flush()
    visits = QuerySet(Visit, session)
    if key:
        assert await visits.filter(**{f"data__{key}__n": 1}).values_list("id", flat=True) == [4]
    assert await visits.filter(data__has_key=key).values_list("id", flat=True) == [4]


async def test_other_columns_beside_documents(session: AsyncSession) -> None:
    visits = QuerySet(Visit, session)
    assert await visits.filter(id=F("data__b")).values_list("id", flat=True) == [1]
    assert await visits.filter(data__b=F("id")).values_list("id", flat=True) == [1]
    assert await visits.filter(id__lt=F("data__a")).order_by("id").values_list("id", flat=True) == [1, 2]


async def test_distinct_documents(session: AsyncSession) -> None:
    session.add(Visit(id=9, data={"a": 10.0, "sizes": [], "owner": None}))
    await session.flush()
    documents = QuerySet(Visit, session).filter(data__a=10).values_list("data", flat=True)
    assert len(await documents) == 2
    assert len(await documents.distinct()) == await documents.distinct().count() == 1


def test_nothing_is_computed_with_documents() -> None:
    for computed in (F("data__a") + 1, 1 - F("data")):
        with pytest.raises(UnsupportedOperationError, match="JSON"):
            QuerySet(Visit).filter(id=computed)


@pytest.mark.parametrize("key", ["a\0", "\ud800"])
def test_a_key_that_no_document_has(key: str) -> None:
    with pytest.raises(UnknownFieldError):
        QuerySet(Visit).filter(**{f"data__{key}": 1})


def test_a_queryset_of_json_is_none_of_numbers() -> None:
    with pytest.raises(InvalidLookupValueError, match="JSON"):
        QuerySet(Visit).filter(id__in=QuerySet(Visit).values_list("data__a"))


WRONG: dict[str, tuple[str, Any]] = {
    "a set": ("data__a", {1}),
    "no number": ("data__a__gt", float("nan")),
    "None in order": ("data__a__gt", None),
    "containing None": ("data__contains", None),
    "keys as text": ("data__has_keys", "ab"),
    "a key that is none": ("data__has_key", None),
    "a NUL": ("data__a", "x\0"),
    "a list that is none": ("data__a__in", 5),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG)
def test_what_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InvalidLookupValueError):
        QuerySet(Visit).filter(**{name: value})


NULLS = {
    "JSONNull()": JSONNull(),
    "a value of JSON": Value(None, JSON()),
    "a Case": Case(When(id__gt=0, then=JSONNull()), default=F("data")),
    "one of several": Coalesce(Value(None, JSON(none_as_null=True)), JSONNull()),
}


@pytest.mark.parametrize("name", NULLS)
async def test_null_of_json_is_a_value(session: AsyncSession, name: str) -> None:
    visits = QuerySet(Visit, session).filter(id=1)
    assert not await visits.annotate(x=NULLS[name]).filter(x__isnull=True).exists()
    assert await visits.annotate(x=NULLS[name]).filter(x=None).values_list("x") == [(None,)]
    await visits.update(data=NULLS[name])
    assert await visits.filter(data=None, data__isnull=False).values_list("data", flat=True) == [None]
    await visits.update(data=Value(None, JSON(none_as_null=True)))
    assert await visits.filter(data__isnull=True).exists()


async def test_null_of_json_is_given_to_new_models(session: AsyncSession) -> None:
    class Visits(BaseRepository[Visit]):
        pass

    visits = Visits(session)
    assert repr(JSONNull()) == "JSONNull()"
    await visits.create(id=11, data=JSONNull())
    await visits.objects.get_or_create(id=12, defaults={"data": JSONNull()})
    await visits.objects.get_or_create(id=13, data=JSONNull())
    await visits.objects.update_or_create(id=1, defaults={"data": JSONNull()})
    await session.flush()
    found = visits.objects.filter(data=JSONNull(), data__isnull=False).order_by("id")
    assert await found.values_list("id", flat=True) == [1, 11, 12, 13]
    # As in Django, a row without a document is not one whose document is other than None.
    others = visits.objects.exclude(data=JSONNull()).order_by("id").values_list("id", flat=True)
    assert (await others, await visits.objects.exclude(data=None).count()) == ([2, 3, 4], 2)


async def test_documents_of_several_types_are_one(session: AsyncSession) -> None:
    """On SQLite what a Case takes as it is stored is not the text that equal documents have in common."""
    visits = QuerySet(Visit, session).order_by("id")
    mixed = Case(When(id=2, then=Value({"n": 1}, JSON())), default=F("data"))
    assert await visits.filter(data=mixed).values_list("id", flat=True) == [1, 3]
    assert await visits.filter(data=Coalesce("data", JSONNull())).values_list("id", flat=True) == [1, 2, 3]
    assert await visits.annotate(x=mixed).filter(x__n=1).values_list("id", flat=True) == [2]
