"""A ``FilterSet`` without a framework: what is declared reaches the query, and nothing else does."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from django_like_repos import Q, QuerySet
from django_like_repos.contrib.filters import FilterSet, Lookup, Nested, Ordering, Search, parameter
from tests.pages.tracks import Play, Track


class PlayFilter(FilterSet[Play]):
    fields = {"place": ["exact", "in"]}


class TrackFilter(FilterSet[Track]):
    fields = {"title": ["exact", "icontains"], "price": ["gte", "range"], "kind": ["in"]}
    min_price: Annotated[Decimal, Lookup("price__gte")]
    q = Search("title", "singer__name")
    order = Ordering("title", newest="-born")
    plays = Nested(PlayFilter)

    @parameter
    def ranked(self, queryset: QuerySet[Track], value: int) -> Q:
        """At least of this rank."""
        return Q(rank__gte=value)


def where(**sent: Any) -> str:
    statement = QuerySet(Track).filter_by(TrackFilter(**sent)).sql()
    return " ".join(statement.partition("WHERE ")[2].split())


def test_what_is_declared_reaches_the_query() -> None:
    assert where() == ""
    assert where(title="x") == "tracks.title = 'x'"
    assert where(min_price="1.5") == "tracks.price >= 1.5"
    assert where(kind__in=["1", "2"]) == "tracks.kind IN ('ALBUM', 'LIVE')"
    assert where(ranked=3) == "tracks.rank >= 3"
    assert where(title="x", order=["-newest"]) == "tracks.title = 'x' ORDER BY tracks.born ASC, tracks.id ASC"


@pytest.mark.parametrize("name", ["title__startswith", "price", "code", "singer__name", "id", "plays__id"])
def test_what_is_not_declared_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        TrackFilter(**{name: "1"})
