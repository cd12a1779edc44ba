"""What clients may ask of the tracks of ``tests/pages``: each kind of parameter once, at least."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from django_like_repos import Count, Q, QuerySet
from django_like_repos.contrib.filters import FilterSet, Lookup, Nested, Ordering, Search, parameter
from tests.pages.tracks import Play, Singer, Track


class PlayFilter(FilterSet[Play]):
    fields = {"place": ["exact", "in"], "id": ["gte"]}
    where = Search("place")


class SingerFilter(FilterSet[Singer]):
    fields = {"name": ["istartswith", "isnull"], "country": ["exact"]}
    order = Ordering("name")
    text = Search("name", "country")


class TrackFilter(FilterSet[Track]):
    fields = {
        "id": ["exact", "in"],
        "title": ["exact", "icontains", "regex"],
        "rank": ["exact", "range", "isnull"],
        "done": ["exact"],
        "price": ["lte"],
        "score": ["gt"],
        "played": ["gte"],
        "born": ["exact", "year__gte"],
        "kind": ["exact", "in"],
        "uid": ["exact"],
        "plays__place": ["startswith"],
        "plays__id": ["lt"],
    }
    min_price: Annotated[
        Decimal, Lookup("price__gte"), Field(ge=0, description="The least price.", examples=["2.50"])
    ]
    code: Annotated[str, Lookup("code"), Field(alias="the-code")]
    born__lte: date
    q = Search("title", "singer__name", "plays__place")
    order = Ordering("title", "id", price="price", newest="-born")
    singer = Nested(SingerFilter)
    plays = Nested(PlayFilter)

    @parameter
    def popular(self, queryset: QuerySet[Track], value: Annotated[int, Field(ge=1)]) -> QuerySet[Track]:
        """Played so often, or more."""
        return queryset.alias(n=Count("plays")).filter(n__gte=value)

    @parameter
    def called(self, queryset: QuerySet[Track], value: list[str]) -> Q:
        return Q(title__in=value)

    @parameter
    def ranked(self, queryset: QuerySet[Track], value: float) -> Q:
        return Q(rank=value)

    @parameter
    def good(self, queryset: QuerySet[Track], value: bool) -> Q:
        good = Q(rank=2) & Q(price__lt=1)
        return good if value else ~good


class StrictFilter(FilterSet[Track]):
    fields = {"title": ["exact"], "rank": ["gte", "lte"]}
    required = ["title"]
    undeclared = "ignore"

    @field_validator("title")
    @classmethod
    def folded(cls, value: str) -> str:
        if value == "none":
            raise ValueError("no title is called so")
        return value.lower()

    @model_validator(mode="after")
    def upwards(self) -> Self:
        low, high = self.rank__gte, self.rank__lte
        if low is not None and high is not None and low > high:
            raise ValueError("from the lower rank to the higher")
        return self
