"""One chain means the same whatever style a class was mapped by: `styles.py` says which styles."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, F, Q, QuerySet, UnknownFieldError
from tests.mappings.reading import gives, tuples
from tests.mappings.styles import STYLES, Style
from tests.recording import RecordedSQL

METADATA = MetaData()
for _style in STYLES.values():
    for _table in _style.metadata.sorted_tables:
        _table.to_metadata(METADATA)


def rows() -> Iterable[list[Any]]:
    for team, hero, _ in STYLES.values():
        alpha, beta = team(id=1, name="alpha", size=5), team(id=2, name="beta", size=7)
        yield [alpha, beta, team(id=3, name="gamma")]
        ann, bob = hero(id=1, name="Ann", age=30), hero(id=2, name="Bob", age=20)
        cid = hero(id=3, name="Cid")
        # Not by their keys: with SQLAlchemy 2.0 the relation of a dataclass, None by default, would win.
        ann.team, bob.team, cid.team = alpha, alpha, beta
        yield [ann, bob, cid, hero(id=4, name="Dee", age=40)]


TAKING_RELATIONS = [name for name in STYLES if name != "imperative dataclass"]
NAMING_ARGUMENTS = [name for name in STYLES if name != "imperative"]


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> Style:
    return STYLES[request.param]


@pytest.fixture
def teams(style: Style, session: AsyncSession) -> QuerySet[Any]:
    return QuerySet(style.team, session)


@pytest.fixture
def heroes(style: Style, session: AsyncSession) -> QuerySet[Any]:
    return QuerySet(style.hero, session)


@pytest.fixture
def repository(style: Style, session: AsyncSession) -> BaseRepository[Any]:
    class HeroRepository(BaseRepository[Any]):
        model_cls = style.hero

    return HeroRepository(session)


@pytest.mark.sampled
async def test_filter(heroes: QuerySet[Any], teams: QuerySet[Any]) -> None:
    await gives(heroes.filter(name__istartswith="b").order_by("id"), [2])
    await gives(heroes.filter(team__name="alpha").order_by("id"), [1, 2])
    await gives(heroes.filter(Q(team=2) | Q(age__gt=35)).order_by("id"), [3, 4])
    await gives(heroes.exclude(team__name="alpha").order_by("id"), [3, 4])
    await gives(heroes.filter(team=None), [4])
    await gives(teams.filter(heroes__age__gte=20).order_by("id"), [1])
    await gives(teams.exclude(heroes__name="Cid").order_by("id"), [1, 3])
    await gives(teams.filter(size__lt=F("id") + 5).order_by("id"), [1, 3])


@pytest.mark.by_turns
async def test_text_is_text(heroes: QuerySet[Any]) -> None:
    """A number for a column of text is its digits, as in Django."""
    await gives(heroes.filter(name=5), [])
    await gives(heroes.filter(name__in=[5, "Ann"]), [1])


@pytest.mark.by_turns
async def test_instances(heroes: QuerySet[Any], teams: QuerySet[Any]) -> None:
    alpha = await teams.get(name="alpha")
    await gives(heroes.filter(team=alpha).order_by("id"), [1, 2])
    await gives(heroes.filter(team__in=[alpha, 2]).order_by("id"), [1, 2, 3])
    await gives(heroes.filter(team__in=teams.filter(size=7)), [3])


@pytest.mark.by_turns
async def test_order(heroes: QuerySet[Any], teams: QuerySet[Any]) -> None:
    await gives(heroes.filter(age__isnull=False).order_by("-age"), [4, 1, 2])
    await gives(heroes.filter(team__isnull=False).order_by("-team__name", "id"), [3, 1, 2])
    await gives(teams.filter(id__lt=3).order_by("-heroes__name"), [2, 1])


@pytest.mark.by_turns
async def test_values(heroes: QuerySet[Any], teams: QuerySet[Any]) -> None:
    await gives(
        heroes.order_by("id").values_list("name", "team__name"),
        [("Ann", "alpha"), ("Bob", "alpha"), ("Cid", "beta"), ("Dee", None)],
    )
    await gives(teams.filter(heroes__age=30).values(), [{"id": 1, "name": "alpha", "size": 5}])


@pytest.mark.by_turns
async def test_slices_with_children(teams: QuerySet[Any], sql: RecordedSQL) -> None:
    [first, second] = await teams.outerjoin("heroes").options("heroes").order_by("id")[:2]
    assert [{hero.name for hero in team.heroes} for team in (first, second)] == [{"Ann", "Bob"}, {"Cid"}]
    assert len(sql) == 1


@pytest.mark.by_turns
async def test_update(heroes: QuerySet[Any]) -> None:
    ann = await heroes.get(name="Ann")
    updated = await heroes.filter(team__name="alpha").update(age=F("age") + 1, name="x")
    assert tuples(updated) == [(1,), (2,)]
    assert (ann.age, ann.name) == (31, "x")
    await gives(heroes.filter(name="x").order_by("id").values_list("age", flat=True), [31, 21])
    await heroes.filter(name="x").update(team=2)
    await gives(heroes.filter(team__name="beta").order_by("id"), [1, 2, 3])


@pytest.mark.by_turns
async def test_delete(heroes: QuerySet[Any]) -> None:
    deleted = await heroes.filter(team__name="alpha", age__lt=25).delete()
    assert (deleted.rowcount, tuples(deleted)) == (1, [(2,)])
    await gives(heroes.order_by("id"), [1, 3, 4])


@pytest.mark.by_turns
async def test_create(repository: BaseRepository[Any], teams: QuerySet[Any]) -> None:
    repo = repository.flush()
    eve = await repo.create(name="Eve", age=9)
    [fay] = await repo.bulk_create([{"name": "Fay", "team_id": 2}])
    assert eve.id != fay.id
    await gives(repo.objects.filter(age=9), [eve.id])

    gus, created = await repo.objects.get_or_create({"age": 3}, name="Gus")
    assert (created, gus.age) == (True, 3)
    assert await repo.objects.get_or_create({"age": 4}, name="Gus") == (gus, False)
    assert await repo.objects.update_or_create({"age": 5}, name="Gus") == (gus, False)
    await gives(repo.objects.filter(age=5), [gus.id])
    assert await repo.objects.in_bulk([gus.id]) == {gus.id: gus}
    assert await repo.get_by_pk(gus.id) is gus


@pytest.mark.by_turns
@pytest.mark.parametrize("style", TAKING_RELATIONS, indirect=True)
async def test_relations_are_given_to_what_is_created(
    repository: BaseRepository[Any], teams: QuerySet[Any]
) -> None:
    alpha = await teams.options("heroes").get(name="alpha")
    hero, created = await repository.objects.get_or_create(name="Hal", team=alpha)
    assert (created, hero.team_id) == (True, 1)


@pytest.mark.by_turns
@pytest.mark.parametrize("style", NAMING_ARGUMENTS, indirect=True)
async def test_wrong_names_are_never_ignored(repository: BaseRepository[Any]) -> None:
    with pytest.raises(UnknownFieldError, match="'nam'"):
        await repository.create(nam="Eve")
    with pytest.raises(UnknownFieldError, match="'nam'"):
        await repository.bulk_create([{"name": "x", "nam": "Eve"}])
    with pytest.raises(UnknownFieldError, match="'nam'"):
        await repository.objects.get_or_create({"nam": "Eve"}, name="Eve")
    with pytest.raises(UnknownFieldError, match="'nam'"):
        await repository.objects.update_or_create({"nam": "x"}, name="Ann")
    assert await repository.objects.count() == 4
