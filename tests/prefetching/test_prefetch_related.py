"""`prefetch_related()`: each relation by one statement, the same rows as SQLAlchemy's own loading gives."""

from collections.abc import Iterable
from typing import Any
from warnings import catch_warnings, simplefilter

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import RelationshipProperty

from django_like_repos import Count, F, Prefetch, Q, QuerySet, UnsupportedOperationError
from tests.prefetching.gallery import METADATA as METADATA
from tests.prefetching.gallery import Artist, Base, Credit, Frame, Label, Painting, Room, School, Work
from tests.prefetching.gallery import rows as rows
from tests.recording import RecordedSQL
from tests.sqltext import same_sql

NEVER_HELD = {"write_only", "dynamic"}
RELATIONS = [
    (mapper.class_, relation.key)
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
    for relation in mapper.relationships
    if relation.lazy not in NEVER_HELD
]


def key_of(model: Any) -> Any:
    return None if model is None else inspect(model).identity


def keys_in(value: Any) -> Any:
    """Keys in a collection: in its order, if it has one."""
    if isinstance(value, dict):
        return {name: key_of(each) for name, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return {key_of(each) for each in value}
    if isinstance(value, Iterable):
        return [key_of(each) for each in value]
    return key_of(value)


def unordered(keys: Any) -> Any:
    return sorted(keys) if isinstance(keys, list) else keys


async def lazily(session: AsyncSession, model: type[Any], name: str) -> dict[Any, Any]:
    """What SQLAlchemy itself loads of each object when it is asked for."""

    def read(sync: Any) -> dict[Any, Any]:
        objects = sync.scalars(select(model)).unique().all()
        with catch_warnings():
            # It says that there are several of what is one by its name.
            simplefilter("ignore", SAWarning)
            return {key_of(each): keys_in(getattr(each, name)) for each in objects}

    found = await session.run_sync(read)
    session.expunge_all()
    return found


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "name"), RELATIONS, ids=lambda each: getattr(each, "__name__", each))
async def test_every_relation_is_what_sqlalchemy_loads(
    session: AsyncSession, sql: RecordedSQL, model: type[Any], name: str
) -> None:
    expected = await lazily(session, model, name)
    sql.clear()
    found = {
        key_of(each): keys_in(vars(each)[name])
        for each in await QuerySet(model, session).prefetch_related(name)
    }
    assert len(sql) == 2
    relation: RelationshipProperty[Any] = inspect(model).relationships[name]
    if relation.order_by:
        assert found == expected
    assert {key: unordered(keys) for key, keys in found.items()} == {
        key: unordered(keys) for key, keys in expected.items()
    }


@pytest.mark.sampled
@pytest.mark.parametrize(("model", "name"), RELATIONS, ids=lambda each: getattr(each, "__name__", each))
async def test_a_slice_is_of_each_model(session: AsyncSession, model: type[Any], name: str) -> None:
    relation: RelationshipProperty[Any] = inspect(model).relationships[name]
    target = relation.mapper.class_
    related = QuerySet(target).order_by("-pk")
    if not relation.uselist:
        with pytest.raises(UnsupportedOperationError, match="leads to one model, of which there is no slice"):
            QuerySet(model, session).prefetch_related(Prefetch(name, related[:1], to_attr="some"))
        return
    expected = await lazily(session, model, name)
    for start, stop in ((0, 1), (1, 3), (1, None)):
        some = Prefetch(name, related[start:stop], to_attr="some")
        found = {
            key_of(each): keys_in(each.some) for each in await QuerySet(model, session).prefetch_related(some)
        }
        assert found == {
            key: sorted(keys.values() if isinstance(keys, dict) else keys, reverse=True)[start:stop]
            for key, keys in expected.items()
        }


@pytest.mark.parametrize("name", ["letters", "notes"])
async def test_what_never_holds_anything_goes_into_an_attribute(session: AsyncSession, name: str) -> None:
    with pytest.raises(UnsupportedOperationError, match=r"never holds what was loaded; Prefetch\(.*to_attr"):
        QuerySet(Artist, session).prefetch_related(name)
    artists: list[Any] = (
        await QuerySet(Artist, session).prefetch_related(Prefetch(name, to_attr="post")).order_by("pk")
    )
    assert [len(artist.post) for artist in artists] == ([2, 0, 0, 0] if name == "letters" else [0, 1, 0, 0])


async def test_statements(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    await QuerySet(Artist, session).order_by("pk").prefetch_related("works__labels")
    (_, (works, _), (labels, _)) = sql.statements
    among = "= ANY (?)" if backend == "postgresql" else "IN (?, ?, ?, ?)"
    same_sql(
        works,
        "SELECT works.id, works.kind, works.title, works.size, works.artist_id, works.house, "
        "works.room_number, "
        f"works.artist_id AS dlr_owner0 FROM works WHERE works.artist_id {among}",
    )
    among = "= ANY (?)" if backend == "postgresql" else "IN (?, ?, ?, ?, ?, ?)"
    same_sql(
        labels,
        "SELECT labels.id, labels.name, work_labels_1.work_id AS dlr_owner0 FROM labels "
        "JOIN work_labels AS work_labels_1 ON labels.id = work_labels_1.label_id "
        f"WHERE work_labels_1.work_id {among}",
    )


async def test_a_slice_is_one_statement(session: AsyncSession, sql: RecordedSQL, backend: str) -> None:
    largest = QuerySet(Work).filter(size__gt=5).order_by("-size", "pk")[:1]
    artists: list[Any] = (
        await QuerySet(Artist, session).order_by("pk").prefetch_related(Prefetch("works", largest))
    )
    among = "= ANY (?)" if backend == "postgresql" else "IN (?, ?, ?, ?)"
    same_sql(
        sql.last,
        "SELECT works.id, works.kind, works.title, works.size, works.artist_id, works.house, "
        "works.room_number, "
        "anon_1.artist_id AS dlr_owner0 FROM works JOIN (SELECT anon_2.id AS id, "
        "anon_2.artist_id AS artist_id, "
        "anon_2.size AS size, anon_2.id AS id_1 FROM (SELECT works.id AS id, works.artist_id AS artist_id, "
        "works.size AS size, works.id AS id__1, row_number() OVER (PARTITION BY works.artist_id "
        "ORDER BY works.size DESC, works.id ASC) AS __of4 FROM works "
        f"WHERE works.size > ? AND works.artist_id {among}) AS anon_2 WHERE anon_2.__of4 <= ?) AS anon_1 "
        "ON anon_1.id = works.id ORDER BY anon_1.size DESC, anon_1.id_1 ASC",
    )
    assert [[work.id for work in artist.works] for artist in artists] == [[2], [5], [6], []]


async def test_a_statement_a_path(session: AsyncSession, sql: RecordedSQL) -> None:
    paths = ("mentor", "works__labels", "works__room", "influences__profile", "school__artists__pupils")
    await QuerySet(Artist, session).prefetch_related(*paths)
    # Artists, mentors, works, labels, rooms, influences, profiles, schools, their artists, their pupils.
    assert len(sql) == 10


async def test_no_statement_for_nothing(session: AsyncSession, sql: RecordedSQL) -> None:
    nobody = QuerySet(Artist, session).filter(name="nobody").prefetch_related("works__labels")
    assert await nobody == []
    (di,) = (
        await QuerySet(Artist, session).filter(name="Di").prefetch_related("mentor__works", "works__labels")
    )
    assert (di.mentor, di.works) == (None, [])
    none = Prefetch("works", QuerySet(Work).none())
    (ada,) = await QuerySet(Artist, session).filter(name="Ada").prefetch_related(none)
    assert ada.works == []
    # Two of artists, one of the works of one without any, one more of artists.
    assert len(sql) == 4


QUERYSETS: dict[str, tuple[Prefetch, dict[str, list[Any]]]] = {
    "filtered": (
        Prefetch("works", QuerySet(Work).filter(size__gt=10).order_by("title"), to_attr="some"),
        {"Ada": [3, 2], "Bo": [5], "Cy": [6], "Di": []},
    ),
    "by what is beyond": (
        Prefetch("works", QuerySet(Work).filter(labels__name__in=["loved", "lost"]), to_attr="some"),
        {"Ada": [1, 2], "Bo": [4], "Cy": [6], "Di": []},
    ),
    "a slice by what is beyond": (
        Prefetch("works", QuerySet(Work).filter(labels__pk__gte=1).order_by("pk")[:1], to_attr="some"),
        {"Ada": [1], "Bo": [4], "Cy": [6], "Di": []},
    ),
    "in the order of what is beyond": (
        Prefetch(
            "works", QuerySet(Work).order_by(F("labels__name").desc(nulls_last=True), "-pk"), to_attr="some"
        ),
        {"Ada": [2, 1, 3], "Bo": [4, 5], "Cy": [6], "Di": []},
    ),
    "of a subclass": (
        Prefetch("works", QuerySet(Painting).filter(medium="oil"), to_attr="some"),
        {"Ada": [2], "Bo": [4], "Cy": [], "Di": []},
    ),
    "of groups": (
        Prefetch(
            "works", QuerySet(Work).annotate(n=Count("labels")).filter(n__gt=0).order_by("-n"), to_attr="some"
        ),
        {"Ada": [2, 1], "Bo": [4], "Cy": [6], "Di": []},
    ),
    "a slice of groups": (
        Prefetch(
            "works", QuerySet(Work).annotate(n=Count("labels")).order_by("-n", "pk")[:1], to_attr="some"
        ),
        {"Ada": [2], "Bo": [4], "Cy": [6], "Di": []},
    ),
    "the first of each kind": (
        Prefetch("works", QuerySet(Work).order_by("kind", "pk").distinct("kind"), to_attr="some"),
        {"Ada": [2, 3, 1], "Bo": [], "Cy": [], "Di": []},
    ),
    "many to many, by their own": (
        Prefetch("influences", QuerySet(Artist).filter(works__size__gt=5).order_by("-pk"), to_attr="some"),
        {"Ada": [2], "Bo": [3], "Cy": [2, 1], "Di": []},
    ),
    "many to many, in slices": (
        Prefetch("influences", QuerySet(Artist).filter(Q(works__size__gt=5) | Q(pk=4))[1:2], to_attr="some"),
        {"Ada": [2], "Bo": [], "Cy": [2], "Di": []},
    ),
    "through what repeats it": (
        Prefetch("labels", QuerySet(Label).order_by("pk")[:1], to_attr="some"),
        {"Ada": [1], "Bo": [2], "Cy": [1], "Di": []},
    ),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", QUERYSETS)
async def test_querysets(session: AsyncSession, sql: RecordedSQL, name: str) -> None:
    prefetch, expected = QUERYSETS[name]
    artists: list[Any] = await QuerySet(Artist, session).prefetch_related(prefetch)
    assert len(sql) == 2
    found = {artist.name: [each.id for each in artist.some] for artist in artists}
    if not prefetch.query or not (prefetch.query.ordered or prefetch.query.sliced):
        found = {name: sorted(keys) for name, keys in found.items()}
    assert found == expected


async def test_annotations_of_what_is_prefetched(session: AsyncSession) -> None:
    counted = QuerySet(Work).annotate(n=Count("labels"), twice=F("size") * 2)
    ada: Any = await QuerySet(Artist, session).prefetch_related(Prefetch("works", counted)).get(pk=1)
    assert {work.id: (work.n, work.twice) for work in ada.works} == {1: (1, 10), 2: (2, 60), 3: (0, 40)}


async def test_what_is_loaded_of_what_is_prefetched(session: AsyncSession, sql: RecordedSQL) -> None:
    joined = Prefetch("works", QuerySet(Work).outerjoin("labels").options("labels").order_by("pk"))
    further = Prefetch("works__credits", QuerySet(Credit).order_by("role"))
    (ada,) = (
        await QuerySet(Artist, session)
        .filter(pk=1)
        .prefetch_related(joined, further, "works__credits__artist")
    )
    assert len(sql) == 4
    assert [[label.id for label in vars(work)["labels"]] for work in ada.works] == [[1], [1, 2], []]
    credits = [[(each.role, each.artist.name) for each in vars(work)["credits"]] for work in ada.works]
    assert credits == [[], [("frame", "Cy"), ("varnish", "Bo")], []]


async def test_paths_lead_through_attributes(session: AsyncSession, sql: RecordedSQL) -> None:
    large = Prefetch("works", QuerySet(Work).filter(size__gt=10), to_attr="big")
    named = Prefetch("big__labels", QuerySet(Label).filter(name="lost"), to_attr="sad")
    artists: list[Any] = (
        await QuerySet(Artist, session).order_by("pk").prefetch_related(large, named, "big__sad__works")
    )
    assert len(sql) == 4
    found = [{work.id: [label.id for label in work.sad] for work in artist.big} for artist in artists]
    assert found == [{2: [2], 3: []}, {5: []}, {6: []}, {}]
    assert "works" not in vars(artists[0])


async def test_subclasses(session: AsyncSession, sql: RecordedSQL) -> None:
    works = await QuerySet(Work, session).order_by("pk").prefetch_related("painting__frames", "artist")
    assert len(sql) == 3
    frames = [[each.id for each in vars(work).get("frames", ())] for work in works]
    assert frames == [[], [1, 2], [], [3], [], []]
    back = await QuerySet(Frame, session).prefetch_related("painting__artist")
    assert {frame.id: frame.painting.artist.name for frame in back} == {1: "Ada", 2: "Ada", 3: "Bo"}


TERMINAL: dict[str, Any] = {
    "get": lambda q: q.get(pk=1),
    "first": lambda q: q.first(),
    "last": lambda q: q.order_by("-pk").last(),
    "earliest": lambda q: q.earliest("pk"),
    "index": lambda q: q.order_by("pk")[0],
    "get_or_none": lambda q: q.get_or_none(name="Ada"),
    "get_or_create": lambda q: q.get_or_create(name="Ada"),
    "in_bulk": lambda q: q.in_bulk([1]),
    "slice": lambda q: q.order_by("pk")[:1],
    "union": lambda q: q.filter(pk=1).union(q.filter(name="Ada")),
    "or": lambda q: q.filter(pk=1) | q.filter(pk=1),
    "distinct": lambda q: q.filter(works__size__gt=0, pk=1).distinct(),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", TERMINAL)
async def test_whatever_gives_models_prefetches(session: AsyncSession, sql: RecordedSQL, name: str) -> None:
    found = await TERMINAL[name](QuerySet(Artist, session).prefetch_related("works"))
    ada = found[1] if isinstance(found, dict) else found[0] if isinstance(found, (list, tuple)) else found
    assert sorted(work.id for work in vars(ada)["works"]) == [1, 2, 3]
    assert len(sql) == 2


async def test_what_gives_no_models_prefetches_nothing(session: AsyncSession, sql: RecordedSQL) -> None:
    artists = QuerySet(Artist, session).prefetch_related("works")
    assert await artists.count() == 4
    assert await artists.exists()
    assert len(await artists.values_list("name")) == 4
    assert (await artists.filter(pk=4).update(name="Dee")).rowcount == 1
    assert len(sql) == 4


async def test_none_forgets(session: AsyncSession, sql: RecordedSQL) -> None:
    artists = QuerySet(Artist, session).prefetch_related("works", "school")
    await artists.prefetch_related(None)
    assert len(sql) == 1
    await artists.prefetch_related(None).prefetch_related("mentor")
    assert len(sql) == 3


@pytest.mark.parametrize("number", [1, 100, pytest.param(5000, marks=pytest.mark.long)])
async def test_statements_do_not_depend_on_rows(session: AsyncSession, sql: RecordedSQL, number: int) -> None:
    schools = [School(code=f"s{place}") for place in range(number)]
    session.add_all(schools)
    await session.flush()
    first = 100
    session.add_all(Artist(id=first + n, name=f"a{n}", school_code=f"s{n}") for n in range(number))
    await session.flush()
    session.add_all(Room(house=f"h{n}", number=n) for n in range(number))
    await session.flush()
    session.add_all(
        Work(id=first + n, title="t", size=1, artist_id=first + n, house=f"h{n}", room_number=n)
        for n in range(number)
    )
    await session.flush()
    session.expunge_all()
    sql.clear()
    created: Any = QuerySet(Artist, session).filter(pk__gte=first)
    artists = await created.prefetch_related("works__room__works", "school")
    assert len(sql) == 5
    assert len(artists) == number
    assert all(artist.works[0].room.works == artist.works for artist in artists)
    assert {artist.school.code for artist in artists} == {f"s{place}" for place in range(number)}
