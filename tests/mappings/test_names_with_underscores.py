"""Attributes that end with an underscore, or have two inside: the longest name that fits is meant."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

from django_like_repos import BaseRepository, Count, F, Q, QueryBuilder, QuerySet, UnknownFieldError, When


class Base(DeclarativeBase):
    """The models of this module."""


class Site(Base):
    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    in_: Mapped[str]
    a__b: Mapped[int]
    visits: Mapped[list["Visit"]] = relationship(back_populates="site_")


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    type_: Mapped[str]
    from_: Mapped[int]
    utm: Mapped[str | None]
    utm__source: Mapped[str]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    site_: Mapped[Site] = relationship(back_populates="visits")


class Plain(MappedAsDataclass, Base):
    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str] = mapped_column(default="")


METADATA = Base.metadata


def rows() -> Iterable[list[Any]]:
    yield [Site(id=1, in_="x", a__b=5), Site(id=2, in_="y", a__b=6)]
    yield [
        Visit(id=1, type_="a", from_=1, utm="u", utm__source="s", site_id=1),
        Visit(id=2, type_="b", from_=2, utm=None, utm__source="t", site_id=2),
        Visit(id=3, type_="a", from_=3, utm="s", utm__source="u", site_id=2),
    ]


FOUND: dict[str, tuple[dict[str, Any], list[int]]] = {
    "by an underscore": ({"type_": "a"}, [1, 3]),
    "with a lookup": ({"type___in": ["b"]}, [2]),
    "with a written lookup": ({"type___exact": "b"}, [2]),
    "an order": ({"from___gt": 1, "from___lte": 2}, [2]),
    "two inside": ({"utm__source": "s"}, [1]),
    "two inside, with a lookup": ({"utm__source__startswith": "t"}, [2]),
    "the shorter one": ({"utm__startswith": "s"}, [3]),
    "of a relation": ({"site___in_": "y"}, [2, 3]),
    "of a relation, with a lookup": ({"site___in___in": ["x"]}, [1]),
    "two inside, of a relation": ({"site___a__b__gte": 6}, [2, 3]),
    "the relation": ({"site_": 1}, [1]),
    "its key": ({"site___id": 2}, [2, 3]),
    "its key by that name": ({"site___pk__gt": 1}, [2, 3]),
}


@pytest.mark.by_turns
@pytest.mark.parametrize("name", FOUND)
async def test_filters(session: AsyncSession, name: str) -> None:
    lookups, expected = FOUND[name]
    visits = QuerySet(Visit, session).order_by("id")

    assert [visit.id for visit in await visits.filter(**lookups)] == expected
    others = [key for key in (1, 2, 3) if key not in expected]
    assert [visit.id for visit in await visits.exclude(Q(**lookups))] == others
    sites = QuerySet(Site, session).filter(**{f"visits__{name}": value for name, value in lookups.items()})
    assert {site.id for site in await sites} == {1 if key == 1 else 2 for key in expected}


async def test_elsewhere(session: AsyncSession) -> None:
    visits = QuerySet(Visit, session)

    assert await visits.order_by("-type_", "-utm__source").values_list("id", flat=True) == [2, 3, 1]
    assert await visits.order_by("-site___a__b", "from_").values_list("site___in_", "utm__source") == [
        ("y", "t"),
        ("y", "u"),
        ("x", "s"),
    ]
    groups = visits.values("type_", "site_").annotate(n_=Count("id"), at__most=F("site___a__b") + 1)
    late = groups.filter(n___gt=0, at__most__gt=6, site_=2).order_by("type_")
    assert await late.values_list("n_", flat=True) == [1, 1]
    assert (await visits.options("site_").get(site___in_="x")).site_.a__b == 5
    assert (await visits.filter(type_="b").update(utm__source=F("type_"), from_=7)).rowcount == 1
    assert (await visits.get(id=2)).utm__source == "b"
    made, fresh = await visits.get_or_create(
        utm__source="new", defaults={"type_": "c", "from_": 1, "site_id": 1}
    )
    assert (made.utm__source, fresh) == ("new", True)


NAMED_SELF: list[Callable[[QuerySet[Any]], Any]] = [
    lambda q: q.filter(self=1),
    lambda q: q.exclude(self=1),
    lambda q: q.filter(Q(self=1)),
    lambda q: q.annotate(x=F("self")),
    lambda q: q.filter(When(self=1, then=2).condition),
    lambda q: QueryBuilder(Visit).filter(self=1),
]


@pytest.mark.parametrize("make", NAMED_SELF)
def test_self_is_a_name_like_any_other(make: Callable[[QuerySet[Any]], Any]) -> None:
    with pytest.raises(UnknownFieldError, match="Visit has no field 'self'") as caught:
        make(QuerySet(Visit))
    assert "did you mean" not in str(caught.value)


async def test_self_where_it_is_awaited(session: AsyncSession) -> None:
    visits = QuerySet(Visit, session)
    repository = type("VisitRepository", (BaseRepository,), {"model_cls": Visit})(session)
    plain = type("PlainRepository", (BaseRepository,), {"model_cls": Plain})(session)

    for make in (
        lambda: visits.get(self=1),
        lambda: visits.get_or_none(self=1),
        lambda: visits.get_or_create(self=1),
        lambda: visits.update_or_create(self=1),
        lambda: visits.update(self=1),
        lambda: repository.create(self=1),
        lambda: plain.create(id=1, self=1),
        lambda: plain.create(id=1, selff=1),
        lambda: plain.bulk_create([{"id": 1, "self": 1}]),
    ):
        with pytest.raises(UnknownFieldError, match="has no field 'self") as caught:
            await make()
        assert "did you mean" not in str(caught.value)
    found = await visits.aggregate(self=Count("id"))
    assert found == {"self": 3}
    assert await visits.annotate(self=F("id")).filter(self=2).values_list("self", flat=True) == [2]


def test_a_repository_of_a_model_is_a_class_to_be_written() -> None:
    session: Any = None
    with pytest.raises(ValueError, match=r"class SectionRepository\(BaseRepository\[Section\]\)"):
        BaseRepository[Visit](session)
