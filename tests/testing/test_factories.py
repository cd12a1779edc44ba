"""`use_factories()`: factory_boy's and polyfactory's write into the session of a test."""

from typing import Any

import factory
import factory.alchemy
import pytest
from polyfactory.factories.sqlalchemy_factory import SQLAlchemyFactory

from django_like_repos import Database, UnsupportedOperationError
from django_like_repos.testing import rolled_back, use_factories
from examples.help_center.models import PublicationStatus, Section
from examples.help_center.repositories import PublicationStatusRepository, SectionRepository

boy: Any = factory


class Boy(boy.alchemy.SQLAlchemyModelFactory):  # type: ignore[misc]
    class Meta:
        abstract = True


class StatusBoy(Boy):
    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]
        model = PublicationStatus
        sqlalchemy_get_or_create = ("code",)

    code = boy.Sequence(lambda number: f"code {number}")
    name = "Name"


class SectionBoy(Boy):
    class Meta:  # pyright: ignore[reportIncompatibleVariableOverride]
        model = Section
        sqlalchemy_session_persistence = "flush"

    name = "Section"
    status = boy.SubFactory(StatusBoy)


class StatusPoly(SQLAlchemyFactory[PublicationStatus]):
    __model__ = PublicationStatus
    __set_relationships__ = False


async def test_both(help_center_database: Database) -> None:
    async with rolled_back(help_center_database) as database, database.session() as session:
        with use_factories(session, Boy, StatusPoly):
            section = await session.run_sync(lambda _: SectionBoy(status__code="boy"))
            again = await session.run_sync(lambda _: StatusBoy(code="boy"))
            assert (section.id is not None, section.status is again) == (True, True)
            poly = await StatusPoly.create_async(code="poly", name="Poly", id=None)
            assert poly in session
        found = SectionRepository(session).objects.filter(status__code="boy").values_list("name", flat=True)
        assert await found == ["Section"]
        assert await PublicationStatusRepository(session).objects.filter(code="poly").exists()
    assert (SectionBoy._meta.sqlalchemy_session, StatusPoly.__async_session__) == (None, None)
    async with help_center_database.session() as session:
        assert not await SectionRepository(session).objects.filter(status__code="boy").exists()


@pytest.mark.parametrize("wrong", [None, Section, "factory"])
async def test_no_factory(help_center_database: Database, wrong: Any) -> None:
    async with help_center_database.session() as session:
        with (
            pytest.raises(UnsupportedOperationError, match="takes classes of factory_boy's"),
            use_factories(session, wrong),
        ):
            pass


@pytest.mark.parametrize("wrong", [None, 5, "session", Section])
def test_no_session(wrong: Any) -> None:
    with (
        pytest.raises(
            UnsupportedOperationError, match="takes the AsyncSession that they are to work with, not"
        ),
        use_factories(wrong, StatusBoy),
    ):
        pass
