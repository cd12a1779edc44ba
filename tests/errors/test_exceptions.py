"""The exceptions themselves: one tree, kin of what users already catch, and fit to be sent elsewhere."""

import copy
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import (
    BaseRepository,
    DoesNotExist,
    InvalidConditionError,
    InvalidCursorError,
    InvalidLookupValueError,
    MultipleObjectsReturned,
    NameNotAllowedError,
    OnCommitError,
    Q,
    QueryError,
    QuerySet,
    RepositoryError,
    ResultError,
    RolledBackError,
    TransactionError,
    UnknownFieldError,
    UnknownLookupError,
    UnsupportedOperationError,
)
from examples.help_center.models import PublicationStatus, Section
from tests.errors.chains import sections
from tests.recording import RecordedSQL


class SectionRepository(BaseRepository[Section]): ...


TREE: dict[type[Exception], tuple[type[Exception], ...]] = {
    RepositoryError: (Exception,),
    QueryError: (RepositoryError,),
    TransactionError: (RepositoryError,),
    RolledBackError: (TransactionError,),
    OnCommitError: (TransactionError,),
    ResultError: (RepositoryError,),
    UnknownFieldError: (QueryError, LookupError),
    UnknownLookupError: (QueryError, LookupError),
    NameNotAllowedError: (QueryError, LookupError),
    InvalidLookupValueError: (QueryError, ValueError),
    InvalidConditionError: (InvalidLookupValueError,),
    InvalidCursorError: (QueryError, ValueError),
    UnsupportedOperationError: (QueryError, TypeError),
    DoesNotExist: (ResultError, NoResultFound),
    MultipleObjectsReturned: (ResultError, MultipleResultsFound),
}


@pytest.mark.parametrize("error", TREE, ids=lambda error: error.__name__)
def test_the_tree(error: type[Exception]) -> None:
    assert error.__bases__ == TREE[error]
    assert error.__doc__


def test_one_is_not_the_other() -> None:
    assert not issubclass(QueryError, ResultError)
    assert not issubclass(DoesNotExist, MultipleResultsFound)
    assert not issubclass(UnknownFieldError, UnknownLookupError)


RAISED: dict[str, Callable[[], Any]] = {
    "UnknownFieldError": lambda: sections.filter(status__cod="x"),
    "UnknownLookupError": lambda: sections.filter(name__contain="x"),
    "InvalidLookupValueError": lambda: sections.filter(id="x"),
    "InvalidConditionError": lambda: Q.from_conditions({"id": {}}),
    "UnsupportedOperationError": lambda: sections[::2],
    "QueryError": lambda: QuerySet(int),
    "NameNotAllowedError": lambda: sections.strict_names(["id"]).filter(name="x"),
}


@pytest.mark.parametrize("name", RAISED)
def test_they_survive_pickling_and_copying(name: str) -> None:
    """As they must to come back from another process."""
    with pytest.raises(RepositoryError) as caught:
        RAISED[name]()
    error = caught.value

    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)


@pytest.mark.parametrize("name", RAISED)
def test_a_message_is_one_sentence_or_two(name: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        RAISED[name]()

    assert "\n" not in str(caught.value)
    assert type(caught.value).__name__ == name


async def test_no_row(session: AsyncSession) -> None:
    published = SectionRepository(session).objects.filter(status__code="published")

    with pytest.raises(DoesNotExist) as caught:
        await published.get(name="x")
    assert str(caught.value) == "no Section.filter(status__code=<str>).filter(name=<str>)"
    with pytest.raises(NoResultFound):
        await published.get(id=77)
    with pytest.raises(ResultError):
        await published.filter(id=77).get()
    assert await published.get_or_none(id=77) is None
    assert await published.get_one_or_none(id=77) is None
    assert await published.filter(id=77).first() is None
    assert await published.filter(id=77)[0] is None


async def test_several_rows(session: AsyncSession) -> None:
    sections = SectionRepository(session).objects
    several: list[Callable[[], Awaitable[Any]]] = [
        lambda: sections.get(status__code="published"),
        lambda: sections.get_one_or_none(status__code="published"),
        lambda: sections.get_or_none(status__code="published"),
        lambda: sections.filter(status__code="published").get(),
        sections[:3].get,
        lambda: sections.values("name").get(),
        lambda: sections.get_or_create(status_id=2),
        lambda: sections.update_or_create({"name": "x"}, status_id=2),
    ]
    for work in several:
        with pytest.raises(MultipleResultsFound) as caught:
            await work()
        assert type(caught.value) is MultipleObjectsReturned
        assert "Section" in str(caught.value)


async def test_several_rows_are_not_all_read(session: AsyncSession, sql: RecordedSQL) -> None:
    with pytest.raises(MultipleObjectsReturned):
        await SectionRepository(session).objects.get()

    assert sql.last.endswith(("LIMIT ? OFFSET ?", "LIMIT $1::BIGINT OFFSET $2::BIGINT", "LIMIT $1::BIGINT"))


async def test_results_survive_pickling(session: AsyncSession) -> None:
    with pytest.raises(DoesNotExist) as caught:
        await SectionRepository(session).objects.get(id=77)

    other = pickle.loads(pickle.dumps(caught.value))
    assert (type(other), str(other)) == (DoesNotExist, str(caught.value))


async def test_errors_of_the_database_keep_their_class(session: AsyncSession) -> None:
    async def twice() -> None:
        async with session.begin_nested():
            session.add(PublicationStatus(code="published", name="x"))
            await session.flush()

    with pytest.raises(IntegrityError) as caught:
        await twice()
    assert not isinstance(caught.value, RepositoryError)


async def test_wrong_chains_ask_nothing(session: AsyncSession, sql: RecordedSQL) -> None:
    repo = SectionRepository(session)
    wrong: list[Callable[[], Any]] = [
        lambda: repo.objects.filter(nme="x"),
        lambda: repo.objects.filter(id="x"),
        lambda: repo.objects.order_by("nme"),
        lambda: repo.objects[-1],
        lambda: repo.objects[:1].filter(id=1),
    ]
    for chain in wrong:
        with pytest.raises(QueryError):
            chain()
    awaited: list[Callable[[], Awaitable[Any]]] = [
        lambda: repo.objects.update(nme="x"),
        lambda: repo.objects.filter(id=1).update(status_id="x"),
        repo.objects[:1].delete,
        lambda: repo.objects.get(nme="x"),
        lambda: repo.objects.in_bulk([1], field_name="name"),
        lambda: repo.objects.get_or_create({"nme": 1}, name="x"),
        lambda: repo.objects.update_or_create({"nme": 1}, name="x"),
        lambda: repo.create(nme="x"),
        lambda: repo.create(metadata=1),
        lambda: repo.create(__tablename__="x"),
        lambda: repo.create(registry=1),
        lambda: repo.create(status__code="x"),
        lambda: repo.bulk_create([{"name": "x"}, {"nme": "x"}]),
        lambda: repo.bulk_create([PublicationStatus()]),  # type: ignore[list-item]
        lambda: repo.get_by_pk("x"),
    ]
    for work in awaited:
        with pytest.raises(QueryError):
            await work()
    assert (len(sql), list(session.new), len(session.identity_map)) == (0, [], 0)


async def test_a_session_is_as_good_after_an_error(session: AsyncSession) -> None:
    repo = SectionRepository(session)
    with pytest.raises(MultipleObjectsReturned):
        await repo.objects.get()
    with pytest.raises(DoesNotExist):
        await repo.objects.get(id=77)

    assert await repo.objects.count() == 7
