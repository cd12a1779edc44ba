"""JSON made of values, and text read from JSON, the same on both databases."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import JSON, DateTime

from django_like_repos import (
    Case,
    Count,
    Database,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    When,
)
from django_like_repos.query.functions.comparison import Coalesce
from django_like_repos.query.functions.dates import ExtractYear, Now
from django_like_repos.query.functions.documents import KT, JSONArray, JSONObject, KeyTransform
from tests.functions.shifts import BERLIN, Shift, ShiftRepository
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

# Each case is another function, lookup or text on each database.
pytestmark = pytest.mark.both

DATA = {"owner": {"name": "Ann"}, "tags": ["a", 1], "n": None}


async def value(shift: ShiftRepository, expression: Any, number: int = 1) -> Any:
    (row,) = await shift.objects.filter(id=number).annotate(x=expression).values_list("x")
    return row[0]


# JSONObject and JSONArray

COLUMNS: dict[str, tuple[Any, Any]] = {
    "id": (1, 2),
    "worker": ("Ada", "Bob"),
    "at": ("2026-12-31T23:30:59.999999+00:00", None),
    "noted": ("2026-12-31T23:30:59.999999", None),
    "day": ("2027-01-01", None),
    "clock": ("23:30:59.999999", None),
    "length": ("1 day 02:03:04.5", None),
    "pay": (10.5, None),
    "hours": (2.5, None),
    "done": (True, None),
    "data": (DATA, None),
    "key": ("12345678-1234-5678-1234-567812345678", None),
    "photo": ("\\x6162", None),
}
"""What each column is in JSON, of the first shift and of that which has nothing."""


@pytest.mark.parametrize(("column", "first", "second"), [(name, *found) for name, found in COLUMNS.items()])
async def test_columns(shift: ShiftRepository, column: str, first: Any, second: Any) -> None:
    rows = shift.objects.filter(id__lte=2).order_by("id")
    found = await rows.values_list(JSONObject(x=column), JSONArray(column, "id"))
    assert found == [({"x": first}, [first, 1]), ({"x": second}, [second, 2])]
    assert type(found[0][0]["x"]) is type(first)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (Value('it\'s "so"\n\\ %(x)s :y ?'), 'it\'s "so"\n\\ %(x)s :y ?'),
        (Value("Ж😀"), "Ж😀"),
        (5, 5),
        (True, True),
        (None, None),
        (2.0, 2.0),
        (-0.125, -0.125),
        (Decimal("12.50"), 12.5),
        (2**62, 2**62),
        (Value([1, {"a": None}], output_field=JSON()), [1, {"a": None}]),
        (date(2026, 1, 2), "2026-01-02"),
        (time(1, 2), "01:02:00"),
        (time(1, 2, 3, 100), "01:02:03.0001"),
        (datetime(2026, 1, 2), "2026-01-02T00:00:00"),
        (datetime(2026, 1, 2, 3, 4, 5, 600000), "2026-01-02T03:04:05.6"),
        (datetime(2026, 7, 2, 3, tzinfo=BERLIN), "2026-07-02T01:00:00+00:00"),
        (timedelta(), "00:00:00"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=1, seconds=1), "1 day 00:00:01"),
        (timedelta(hours=-1), "-1 days +23:00:00"),
        (timedelta(days=-2), "-2 days"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"\x00\xff", "\\x00ff"),
        (F("pay") * 2, 21.0),
        (F("id") + 1, 2),
        (F("day") + timedelta(hours=1), "2027-01-01T01:00:00"),
        (F("at") - F("noted"), "00:00:00"),
        (ExtractYear("day"), 2027),
        (F("data__owner"), {"name": "Ann"}),
        (F("data__tags__0"), "a"),
        (F("data__n"), None),
        (F("data__nothing"), None),
        (KT("data__owner__name"), "Ann"),
        (Case(When(done=True, then=Value("yes")), default=Value("no")), "yes"),
        (Q(worker="Ada"), True),
        (Q(worker="Bob"), False),
        (JSONObject(a="id", b=JSONArray("worker", JSONObject())), {"a": 1, "b": ["Ada", {}]}),
        (JSONArray(), []),
        (Shift.worker, "Ada"),
    ],
)
async def test_values(shift: ShiftRepository, given: Any, wanted: Any) -> None:
    assert await value(shift, JSONObject(x=given)) == {"x": wanted}
    if given is not None:
        assert await value(shift, JSONArray(given, given)) == [wanted, wanted]


@pytest.mark.parametrize(
    "key",
    [
        "it's",
        'say "so"',
        "a\\b",
        "%(x)s",
        "100%",
        ":name",
        "a?b",
        "$1",
        "', 'x",
        "Ключ 😀",
        "",
        " ",
        "a\nb",
        "--",
        ";",
    ],
)
async def test_keys(shift: ShiftRepository, key: str) -> None:
    """A key is never more than a key."""
    expression = JSONObject(**{key: "id", "other": Value("%(x)s")})
    assert await value(shift, expression) == {key: 1, "other": "%(x)s"}
    rows = shift.objects.filter(id=1).values(o=expression).annotate(n=Count("id"))
    assert await rows == [{"o": {key: 1, "other": "%(x)s"}, "n": 1}]


async def test_keys_of_no_document(shift: ShiftRepository) -> None:
    for key in ("a\0", "\ud800"):
        with pytest.raises(UnsupportedOperationError, match="is no key of a document"):
            shift.objects.annotate(x=JSONObject(**{key: "id"}))


async def test_plans_have_their_keys(shift: ShiftRepository) -> None:
    assert await value(shift, JSONObject(a="id", b="worker")) == {"a": 1, "b": "Ada"}
    assert await value(shift, JSONObject(b="id", a="worker")) == {"b": 1, "a": "Ada"}
    assert await value(shift, JSONObject(a=Value("x"))) == {"a": "x"}
    assert await value(shift, JSONObject(a=Value("y"))) == {"a": "y"}


async def test_many_keys(shift: ShiftRepository) -> None:
    """PostgreSQL's functions take a hundred arguments each."""
    fields = {f"k{number}": F("id") + number for number in range(110)}
    wanted = {f"k{number}": 1 + number for number in range(110)}
    assert await value(shift, JSONObject(**fields)) == wanted
    assert await value(shift, JSONArray(*fields.values())) == [*wanted.values()]


async def test_in_sql(shift: ShiftRepository, sql: RecordedSQL, backend: str) -> None:
    await shift.objects.values_list(JSONObject(a="id", b="at", c="data"), JSONArray("done", "length", 1))
    same_sql(
        sql.last,
        {
            "sqlite": """SELECT dlr_json_object('["a","b","c"]', 'paj', shifts.id, shifts.at, shifts.data) """
            "AS jsonobject1, dlr_json_array('bsp', shifts.done, shifts.length, ?) AS jsonarray2 FROM shifts",
            "postgresql": "SELECT jsonb_build_object('a', shifts.id, 'b', "
            "(to_jsonb(timezone('UTC', shifts.at)) #>> '{}') || '+00:00', 'c', shifts.data) AS jsonobject1, "
            "jsonb_build_array(shifts.done, shifts.length, $1::BIGINT) AS jsonarray2 FROM shifts",
        }[backend],
    )


async def test_where_expressions_may_stand(shift: ShiftRepository) -> None:
    rows = shift.objects.annotate(o=JSONObject(name="worker", n="id", tags=JSONArray("worker", "done")))
    assert await rows.filter(o={"n": 1, "tags": ["Ada", True], "name": "Ada"}).values_list(
        "id", flat=True
    ) == [1]
    assert await rows.filter(o__n__gte=4).order_by("id").values_list("id", flat=True) == [4, 5]
    assert await rows.filter(o__tags__0="Ada").order_by("-o__n").values_list("id", flat=True) == [3, 1]
    assert await rows.filter(o__has_key="name", o__contains={"name": "Cy"}).values_list("o__n") == [(5,)]
    grouped = shift.objects.values(o=JSONObject(name="worker")).annotate(n=Count("id"), last=Max("id"))
    assert await grouped.order_by("-last") == [
        {"o": {"name": "Cy"}, "n": 1, "last": 5},
        {"o": {"name": "Bob"}, "n": 2, "last": 4},
        {"o": {"name": "Ada"}, "n": 2, "last": 3},
    ]
    assert await shift.objects.aggregate(o=JSONObject(n=Count("id"), last=Max("day"))) == {
        "o": {"n": 5, "last": "2027-01-01"}
    }
    same = shift.objects.filter(worker=OuterRef("worker")).exclude(id=OuterRef("id")).order_by("id")
    other = JSONObject(id="id", length="length")
    found = (
        shift.objects.annotate(x=Subquery(same.values(o=other)[:1]))
        .order_by("id")
        .values_list("x", flat=True)
    )
    assert (await found)[:2] == [{"id": 3, "length": "-1 days +23:00:00"}, {"id": 4, "length": "00:00:00"}]
    assert await value(shift, JSONArray(Exists(shift.objects.filter(id=OuterRef("pk"))))) == [True]


async def test_updated(shift: ShiftRepository) -> None:
    await shift.objects.filter(id=1).update(data=JSONObject(worker="worker", was="data", on="day"))
    assert await shift.objects.filter(id=1).values_list("data", flat=True) == [
        {"worker": "Ada", "was": DATA, "on": "2027-01-01"}
    ]


async def test_whatever_the_session_has_for_a_zone(abroad: ShiftRepository) -> None:
    assert await value(abroad, JSONArray("at", "noted"), 3) == [
        "2026-10-25T00:30:00+00:00",
        "2026-03-29T02:30:00",
    ]


async def test_a_serializer_of_the_users(shifts_database: Database) -> None:
    """The text that the database makes is read by what the user gave for it."""
    options: dict[str, Any] = {"json_deserializer": lambda text: json.loads(text, parse_float=Decimal)}
    async with Database(shifts_database.engine.url, **options) as database, database.session() as session:
        assert await value(ShiftRepository(session), JSONObject(x="pay")) == {"x": Decimal("10.5")}


# KT


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("data__owner__name", "Ann"),
        ("data__owner", '{"name": "Ann"}'),
        ("data__tags__0", "a"),
        ("data__tags__1", "1"),
        ("data__tags__-1", "1"),
        ("data__tags__7", None),
        ("data__n", None),
        ("data__nothing__at__all", None),
    ],
)
async def test_text(shift: ShiftRepository, path: str, wanted: str | None) -> None:
    assert await value(shift, KT(path)) == wanted
    assert await value(shift, KT(path), 2) is None


async def test_text_where_expressions_may_stand(
    shift: ShiftRepository, sql: RecordedSQL, backend: str
) -> None:
    rows = shift.objects.annotate(name=KT("data__owner__name"))
    sql.clear()
    assert await rows.filter(name__istartswith="an").values_list("id", "name") == [(1, "Ann")]
    path = {"sqlite": """dlr_json_text(shifts.data, '["owner","name"]')""", "postgresql": (
        "(shifts.data #>> ARRAY['owner', 'name'])"
    )}[backend]  # fmt: skip
    assert sql.last.startswith(f"SELECT shifts.id, {path} AS name FROM shifts WHERE")
    assert await rows.filter(worker=KT("data__owner__name")).count() == 0
    by_name = shift.objects.order_by(KT("data__owner__name").asc(nulls_last=True), "-id")
    assert await by_name.values_list("id", flat=True) == [1, 5, 4, 3, 2]
    counted = shift.objects.values(name=KT("data__owner__name")).annotate(n=Count("id")).order_by("n")
    assert await counted == [{"name": "Ann", "n": 1}, {"name": None, "n": 4}]


def test_no_key() -> None:
    with pytest.raises(ValueError, match="Lookup must contain key or index transforms"):
        KT("data")


@pytest.mark.parametrize("path", ["day__year", "noted__date"])
async def test_text_of_no_json(shift: ShiftRepository, path: str) -> None:
    with pytest.raises(UnsupportedOperationError, match="the path does not lead into JSON"):
        shift.objects.annotate(x=KT(path))


async def test_text_of_nothing(shift: ShiftRepository) -> None:
    with pytest.raises(UnsupportedOperationError, match="'worker__name' must name a field"):
        shift.objects.annotate(x=KT("worker__name"))
    with pytest.raises(UnknownFieldError):
        shift.objects.annotate(x=KT("nothing__name"))
    with pytest.raises(UnknownFieldError):
        shift.objects.annotate(x=JSONObject(a="nothing"))


async def test_now_in_json(shift: ShiftRepository) -> None:
    said, naive = await value(shift, JSONArray(Now(), Now(output_field=DateTime())))
    assert abs(datetime.fromisoformat(said) - datetime.now(UTC)) < timedelta(minutes=30)
    assert datetime.fromisoformat(naive).tzinfo is None


def test_shown() -> None:
    assert repr(JSONObject(a="id", b=KT("data__x"))) == "JSONObject(a='id', b=KT('data__x'))"
    assert repr(JSONArray("id", 1)) == "JSONArray('id', 1)"


ORDERS: dict[str, tuple[Any, Any]] = {
    "an object": (JSONObject(zz="id", a="worker"), {"zz": 1, "a": "Ada"}),
    "objects in objects": (
        JSONObject(zz="id", m=JSONObject(b="id", a="id"), a=JSONArray(JSONObject(y="id", x="id"))),
        {"zz": 1, "m": {"b": 1, "a": 1}, "a": [{"y": 1, "x": 1}]},
    ),
    "in an array": (JSONArray("id", JSONObject(b="id", a="id")), [1, {"b": 1, "a": 1}]),
    "in a Case": (Case(When(id=1, then=JSONObject(b="id", a="id"))), {"b": 1, "a": 1}),
    "in a function": (Coalesce(JSONObject(b="id", a="id"), "data"), {"b": 1, "a": 1}),
    "in a subquery": (
        Subquery(QuerySet(Shift).filter(id=1).values(x=JSONObject(b="id", a="id"))),
        {"b": 1, "a": 1},
    ),
    "under a key": (KeyTransform("m", JSONObject(m=JSONObject(b="id", a="id"))), {"b": 1, "a": 1}),
}


@pytest.mark.parametrize("name", ORDERS)
async def test_an_object_keeps_the_order_of_its_keys(shift: ShiftRepository, name: str) -> None:
    expression, expected = ORDERS[name]
    assert json.dumps(await value(shift, expression)) == json.dumps(expected)


async def test_the_order_of_keys_is_none_of_groups_and_paths(shift: ShiftRepository) -> None:
    made = shift.objects.filter(id=1).annotate(x=JSONObject(m=JSONObject(b="id", a="id")))
    assert json.dumps(await made.values_list("x__m", flat=True)) == '[{"b": 1, "a": 1}]'
    grouped = made.values(y=JSONObject(b="id", a="id")).annotate(n=Count("pk"))
    assert json.dumps(await grouped) == '[{"y": {"b": 1, "a": 1}, "n": 1}]'
    assert await made.filter(x={"m": {"a": 1, "b": 1}}).exists()
