"""Models of every kind of mapping are queried as plain ones are: `mappings.py` says which kinds."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, F, QuerySet
from tests.recording import RecordedSQL
from tests.rows.mappings import (
    Animal,
    Bird,
    Cat,
    Crate,
    Egg,
    Keeper,
    Key,
    Label,
    Place,
    Rack,
    Use,
)

Make = Callable[[QuerySet[Any]], Any]


class KeyRepository(BaseRepository[Key]): ...


class PlaceRepository(BaseRepository[Place]): ...


def key(row: Any) -> Any:
    """The primary key of a model, bare where it is one column; a value as it is."""
    if not hasattr(row, "_sa_instance_state"):
        return row
    first, *others = inspect(row).identity
    return (first, *others) if others else first


CHAINS: dict[str, tuple[type[Any], Make, list[Any]]] = {
    # Attributes named otherwise than columns
    "other names": (Rack, lambda q: q.filter(code=1, label="left"), [1]),
    "other names in relations": (Crate, lambda q: q.filter(rack__label="left").order_by("-code"), [2, 1]),
    "other names of foreign keys": (Crate, lambda q: q.filter(rack=1, outer__code=1), [2]),
    "other names as values": (
        Rack,
        lambda q: q.order_by("code").values("code", "width")[:2],
        [{"code": 1, "width": 5}, {"code": 2, "width": 1}],
    ),
    "other names by key": (Rack, lambda q: q.filter(crates__weight__gt=0).order_by("label")[:5], [2, 1]),
    "other names of values of many": (
        Rack,
        lambda q: (
            q.filter(crates__labels__text="heavy").order_by("code").values_list("label", "crates__code")
        ),
        [("left", 1), ("Right", 3)],
    ),
    # Synonyms, SQL expressions, hybrids, deferred columns
    "synonym": (Rack, lambda q: q.filter(name="left"), [1]),
    "order by synonym": (Rack, lambda q: q.order_by("-name"), [1, 3, 2]),
    "column_property": (Rack, lambda q: q.filter(area__gte=9).order_by("area"), [2, 1]),
    "column_property of another table": (Rack, lambda q: q.filter(crate_count__gt=1), [1]),
    "hybrid": (Rack, lambda q: q.filter(perimeter__gt=14).order_by("-perimeter"), [2, 3]),
    "hybrid with an expression": (Rack, lambda q: q.filter(shout__startswith="RI"), [2]),
    "F of a hybrid": (Rack, lambda q: q.filter(area__gt=F("perimeter") - 10).order_by("code"), [1, 3]),
    "of a relation": (Crate, lambda q: q.filter(rack__area=10).order_by("-rack__perimeter", "code"), [1, 2]),
    "as values": (
        Rack,
        lambda q: q.order_by("code").values_list("name", "area", "perimeter", "shout", "crate_count"),
        [("left", 10, 14, "LEFT", 2), ("Right", 9, 20, "RIGHT", 1), ("empty", 7, 16, "EMPTY", 0)],
    ),
    "as values of a relation": (
        Crate,
        lambda q: q.order_by("code").values_list("rack__shout", "rack__area"),
        [("LEFT", 10), ("LEFT", 10), ("RIGHT", 9), (None, None)],
    ),
    "by key": (
        Rack,
        lambda q: q.filter(crates__weight__gt=0).order_by("-shout", "crate_count", "area")[:2],
        [2, 1],
    ),
    "ranked": (Rack, lambda q: q.filter(code__lt=3).order_by("-crates__weight", "-perimeter"), [2, 1]),
    "a page": (Rack, lambda q: q.options("crates").order_by("-area")[:2], [1, 2]),
    "a deferred column": (Rack, lambda q: q.filter(remark="new").order_by("remark"), [1]),
    "a deferred column as value": (
        Rack,
        lambda q: q.filter(code=1).values_list("remark", flat=True),
        ["new"],
    ),
    "distinct by a deferred column": (
        Rack,
        lambda q: q.exclude(code=2).distinct().order_by("-remark"),
        [3, 1],
    ),
    "distinct by a hybrid": (Rack, lambda q: q.distinct().order_by("perimeter"), [1, 3, 2]),
    "distinct by a column_property": (Rack, lambda q: q.distinct().order_by("crate_count"), [3, 2, 1]),
    # Keys of several columns
    "key": (Key, lambda q: q.filter(pk=(1, 2)), [(1, 2)]),
    "not a key": (Key, lambda q: q.exclude(pk=(1, 2)).order_by("k0"), [(1, 1), (2, 1)]),
    "keys": (Key, lambda q: q.filter(pk__in=[(1, 1), (2, 1), (7, 7)]).order_by("k0"), [(1, 1), (2, 1)]),
    "keys of a queryset": (Key, lambda q: q.filter(pk__in=q.filter(rank=1)).order_by("k0"), [(1, 1), (2, 1)]),
    "order by key": (Key, lambda q: q.order_by("-pk"), [(2, 1), (1, 2), (1, 1)]),
    "a slice by key": (Key, lambda q: q.order_by("pk")[1:], [(1, 2), (2, 1)]),
    "to-many of several": (Key, lambda q: q.filter(uses__size__gt=0).order_by("-k0"), [(2, 1), (1, 1)]),
    "a slice of several": (
        Key,
        lambda q: q.filter(uses__size__gt=0).order_by("rank", "-pk")[:1].values_list("k0"),
        [(2,)],
    ),
    "ranked by several": (
        Key,
        lambda q: q.filter(uses__size__gt=0).order_by("-uses__size"),
        [(1, 1), (2, 1)],
    ),
    "none of several": (Key, lambda q: q.exclude(uses__size__gt=4).order_by("k0"), [(1, 2), (2, 1)]),
    "a reference of several": (Use, lambda q: q.filter(key=(1, 1)).order_by("size"), [2, 1]),
    "not a reference of several": (Use, lambda q: q.exclude(key=(1, 1)).order_by("id"), [3, 4]),
    "no reference of several": (Use, lambda q: q.filter(key=None), [4]),
    "some reference of several": (Use, lambda q: q.filter(key__isnull=False).order_by("id"), [1, 2, 3]),
    "references of several in a queryset": (
        Use,
        lambda q: q.filter(key__in=QuerySet(Key).filter(note="x")).order_by("id"),
        [1, 2],
    ),
    # Conditions in the join of a relation
    "custom join": (Rack, lambda q: q.filter(heavy_crates__label__lt="c"), [1]),
    "custom join, none": (Rack, lambda q: q.filter(heavy_crates__isnull=True), [3]),
    "custom join, negated": (Rack, lambda q: q.exclude(heavy_crates__label="b").order_by("code"), [2, 3]),
    "custom to-one join": (Crate, lambda q: q.filter(wide_rack=1).order_by("code"), [1, 2]),
    "custom to-one join is not trimmed": (Crate, lambda q: q.filter(wide_rack=2), []),
    "custom to-one join, none": (Crate, lambda q: q.filter(wide_rack=None).order_by("code"), [3, 4]),
    # References to the own table
    "own table": (Crate, lambda q: q.filter(outer__label="a").order_by("-code"), [3, 2]),
    "own table twice": (Crate, lambda q: q.filter(outer__outer__label="a"), [4]),
    "own table and back": (Crate, lambda q: q.filter(outer__inner__label="c").order_by("code"), [2, 3]),
    "own table, none": (Crate, lambda q: q.filter(inner=None).order_by("code"), [3, 4]),
    "own table, negated": (Crate, lambda q: q.exclude(inner__inner__label="d").order_by("code"), [2, 3, 4]),
    # Inheritance
    "base": (Animal, lambda q: q.order_by("id"), [1, 2, 3, 4]),
    "joined table": (Bird, lambda q: q.filter(name="owl", span=3), [2]),
    "joined table by key": (Bird, lambda q: q.filter(eggs__size__gt=0).order_by("-name")[:2], [2, 3]),
    "joined table ranked": (Bird, lambda q: q.order_by("eggs__size", "name"), [2, 3]),
    "joined table in": (Bird, lambda q: q.filter(pk__in=q.filter(span__gt=3)), [3]),
    "relation of a joined table": (
        Egg,
        lambda q: q.filter(bird__name="owl", bird__span=3).order_by("id"),
        [1, 2],
    ),
    "relation to a joined table": (Keeper, lambda q: q.filter(birds__span__gt=5), [2]),
    "no relation to a joined table": (Keeper, lambda q: q.exclude(birds__name="owl"), [2]),
    "values of a joined table": (
        Egg,
        lambda q: q.order_by("-id").values_list("bird__name", "bird__span", "bird__keeper__name")[:1],
        [("hawk", 9, "Lee")],
    ),
    "single table": (Cat, lambda q: q.filter(keeper__name="Kim"), [4]),
    "no single table": (Cat, lambda q: q.filter(keeper__name="Lee"), []),
}


@pytest.mark.by_turns
@pytest.mark.parametrize(("model", "make", "found"), CHAINS.values(), ids=CHAINS)
async def test_rows(shelf: AsyncSession, model: type[Any], make: Make, found: list[Any]) -> None:
    queryset = make(QuerySet(model, shelf))
    assert [key(row) for row in await queryset] == found
    assert await queryset.count() == len(found)
    assert await queryset.exists() == bool(found)


# What is loaded


async def test_relations_that_refuse_lazy_loading_are_loaded(shelf: AsyncSession, sql: RecordedSQL) -> None:
    queryset = QuerySet(Crate, shelf).outerjoin("rack", "outer").options("rack", "outer").order_by("code")
    crates = await queryset[:3]
    assert [(crate.rack.code, crate.outer and crate.outer.code) for crate in crates if crate.rack] == [
        (1, None),
        (1, 1),
        (2, 1),
    ]
    assert len(sql) == 1


async def test_a_relation_with_a_condition_loads_what_meets_it(shelf: AsyncSession) -> None:
    racks = await QuerySet(Rack, shelf).outerjoin("heavy_crates").options("heavy_crates").order_by("code")[:3]
    assert [[crate.code for crate in rack.heavy_crates] for rack in racks] == [[2], [3], []]


async def test_a_collection_of_the_mapping_is_joined_still(shelf: AsyncSession, sql: RecordedSQL) -> None:
    labels = QuerySet(Label, shelf).filter(crate__labels__text="heavy")
    for queryset, keys in (
        (labels.order_by("id")[:2], [1, 2]),
        (labels.order_by("-crate__labels__id"), [3, 2, 1]),
    ):
        shelf.expunge_all()
        sql.clear()
        found = await queryset
        assert sorted(label.id for label in found) == sorted(keys)
        assert {label.id: [stamp.id for stamp in label.stamps] for label in found}[2] == [1, 2]
        assert len(sql) == 1


async def test_children_have_what_their_mapping_joins(shelf: AsyncSession, sql: RecordedSQL) -> None:
    crates = await QuerySet(Crate, shelf).options("labels").order_by("code")[:1]
    assert [[stamp.ink for stamp in label.stamps] for label in crates[0].labels] in (
        [[], ["red", "blue"]],
        [["red", "blue"], []],
    )
    assert len(sql) == 1


async def test_children_are_of_their_own_class(shelf: AsyncSession) -> None:
    keeper = await QuerySet(Keeper, shelf).options("animals").order_by("id").first()
    assert keeper is not None
    assert {type(animal) for animal in keeper.animals} == {Animal, Bird, Cat}


async def test_a_page_of_a_joined_table(shelf: AsyncSession) -> None:
    [bird] = await QuerySet(Bird, shelf).options("eggs").order_by("-span", "id")[1:2]
    assert (bird.name, bird.span, {egg.id for egg in bird.eggs}) == ("owl", 3, {1, 2})


# Keys


async def test_a_key_of_several_columns_finds_one(shelf: AsyncSession, sql: RecordedSQL) -> None:
    repository = KeyRepository(shelf)
    found = await repository.get_by_pk((1, 2))
    assert found is not None
    assert await repository.get_by_pk([1, "2"]) is found
    assert len(sql) == 1
    assert await repository.get_by_pk((7, 7)) is None
    assert await repository.objects.get(pk=(1, 2)) is found


async def test_keys_of_several_columns_find_many(shelf: AsyncSession) -> None:
    keys = QuerySet(Key, shelf)
    found = await keys.in_bulk([(1, 1), (7, 7), (2, 1)])
    assert {pair: (model.k0, model.rank) for pair, model in found.items()} == {(1, 1): (1, 1), (2, 1): (2, 1)}
    assert (await keys.in_bulk()).keys() == {(1, 1), (1, 2), (2, 1)}


@pytest.mark.parametrize(("model", "keys"), [(Rack, [1, 3]), (Bird, [2, 3]), (Place, [])])
async def test_in_bulk(shelf: AsyncSession, model: type[Any], keys: list[int]) -> None:
    found = await QuerySet(model, shelf).in_bulk(keys)
    assert {number: key(row) for number, row in found.items()} == {number: number for number in keys}


async def test_the_ends_of_keys_of_several_columns(shelf: AsyncSession) -> None:
    keys = QuerySet(Key, shelf)
    assert key(await keys.first()) == (1, 1)
    assert key(await keys.last()) == (2, 1)
    assert key(await keys.filter(uses__size__gt=0).last()) == (2, 1)


# Writing


async def test_keys_of_several_columns_are_written(shelf: AsyncSession) -> None:
    updated = await QuerySet(Key, shelf).filter(uses__size__gt=2).update(note="used")
    assert (updated.rowcount, sorted(tuple(row) for row in updated)) == (2, [(1, 1), (2, 1)])
    deleted = await QuerySet(Key, shelf).exclude(note="used").delete()
    assert (deleted.rowcount, [tuple(row) for row in deleted]) == (1, [(1, 2)])


async def test_other_names_are_written(shelf: AsyncSession) -> None:
    rack = await QuerySet(Rack, shelf).get(code=1)
    updated = await QuerySet(Rack, shelf).filter(shout="LEFT").update(name="Links", width=F("height") + 1)
    assert (updated.rowcount, updated.scalars().all()) == (1, [1])
    assert (rack.label, rack.width) == ("Links", 3)


async def test_the_base_table_is_written(shelf: AsyncSession) -> None:
    assert (await QuerySet(Animal, shelf).filter(name="owl").update(name="eagle owl")).rowcount == 1
    assert (await QuerySet(Cat, shelf).update(name="puss")).rowcount == 1
    assert await QuerySet(Animal, shelf).order_by("id").values_list("name", flat=True) == [
        "any", "eagle owl", "hawk", "puss",
    ]  # fmt: skip


async def test_a_joined_table_is_written(shelf: AsyncSession) -> None:
    """The conditions on the table above are not the target's own."""
    updated = await QuerySet(Bird, shelf).filter(name="owl").update(span=30)
    assert (updated.rowcount, updated.scalars().all()) == (1, [2])
    assert await QuerySet(Bird, shelf).order_by("id").values_list("span", flat=True) == [30, 9]


async def test_dataclasses(shelf: AsyncSession) -> None:
    places = PlaceRepository(shelf)
    hall = await places.flush().create(name="hall", size=9)
    corner, created = await places.objects.get_or_create(name="corner", defaults={"whole_id": hall.id})
    assert created
    assert (corner.size, corner.whole_id) == (1, hall.id)
    found = await places.objects.get(parts__name="corner", size__gt=3)
    assert found is hall
    assert await places.objects.values("name", "size").order_by("name") == [
        {"name": "corner", "size": 1},
        {"name": "hall", "size": 9},
    ]
