"""Collections that write their members: ``ordering_list`` numbers them, and a flush writes the numbers."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.links.models import Recipe, Step
from tests.links.repositories import RecipeRepository, stored


@pytest.fixture
async def recipe(posts: AsyncSession) -> Recipe:
    posts.add_all([Recipe(id=1, steps=[Step(id=number) for number in (11, 12, 13)]), Recipe(id=2)])
    posts.add_all([Step(id=1), Step(id=3)])
    await posts.flush()
    posts.expunge_all()
    return await RecipeRepository(posts).objects.prefetch_related("steps").get(id=1)


async def places(session: AsyncSession) -> list[tuple[int, int | None]]:
    await session.flush()
    return [(key, place) for key, place, owner in await stored(session, Step) if owner == 1]


async def test_remove(posts: AsyncSession, recipe: Recipe) -> None:
    await RecipeRepository(posts).related(recipe, "steps").remove(11)
    assert [(step.id, step.place) for step in recipe.steps] == [(12, 0), (13, 1)]
    assert await places(posts) == [(12, 0), (13, 1)]


@pytest.mark.parametrize("is_held", [False, True])
async def test_what_comes_is_numbered_at_the_end(posts: AsyncSession, recipe: Recipe, is_held: bool) -> None:
    if is_held:
        held = [await posts.get_one(Step, 1), await posts.get_one(Step, 3)]
        assert [step.place for step in held] == [None, None]
    steps = RecipeRepository(posts).related(recipe, "steps")
    await steps.add(3, 1)
    await steps.create(id=21)
    await steps.bulk_create([{"id": 22}, Step(id=23)])
    found = dict(await places(posts))
    assert {key: found[key] for key in (11, 12, 13, 21, 22, 23)} == {
        11: 0,
        12: 1,
        13: 2,
        21: 5,
        22: 6,
        23: 7,
    }
    assert {found[1], found[3]} == {3, 4}
    assert [step.place for step in recipe.steps] == [*range(8)]


async def test_steps_of_another(posts: AsyncSession, recipe: Recipe) -> None:
    """What moves leaves no gap."""
    other = await RecipeRepository(posts).objects.prefetch_related("steps").get(id=2)
    await RecipeRepository(posts).related(other, "steps").add(12)
    assert [step.id for step in other.steps] == [12]
    assert await places(posts) == [(11, 0), (13, 1)]


async def test_clear(posts: AsyncSession, recipe: Recipe) -> None:
    await RecipeRepository(posts).related(recipe, "steps").clear()
    assert await places(posts) == []
    assert recipe.steps == []
