"""What clients may say of the tracks in these tests: few things, and all that is read."""

from typing import Annotated

from django_like_repos import Q, QuerySet
from django_like_repos.contrib.filters import FilterSet, Lookup, Nested, Ordering, Search, parameter
from tests.conditions.reading import READ, TEXTS
from tests.pages.tracks import Play, Track

EQUAL = ["exact", "ne", "in", "notin", "isnull"]


class PlayFilter(FilterSet[Play]):
    fields = {"place": ["exact", "in"]}


class TrackFilter(FilterSet[Track]):
    fields = {
        "title": ["exact", "ne", "in", "icontains", "like"],
        "rank": ["exact", "gt", "lte", "isnull", "in", "notin"],
        "price": ["gte", "lt", "range"],
        "done": ["exact"],
        "born": ["exact", "gt"],
        "uid": ["in"],
        "kind": ["in"],
        "score": ["lt"],
    }
    singer_name: Annotated[str, Lookup("singer__name__istartswith")]
    any_rank: Annotated[list[int], Lookup("rank__in")]
    q = Search("title", "singer__name")
    order = Ordering("title", "rank", newest="-born")
    plays = Nested(PlayFilter)
    most_values = 5
    longest_text = 20

    @parameter
    def ranked(self, queryset: QuerySet[Track], value: int) -> Q:
        return Q(rank__gte=value)


class EveryFilter(FilterSet[Track]):
    fields = {
        column: [
            *EQUAL,
            *(() if column in ("done", "uid") else ("gt", "gte", "lt", "lte", "range")),
            *(("like", "startswith", "contains", "icontains") if column in TEXTS else ()),
        ]
        for column in READ
    }
    most_conditions = 200
    deepest_conditions = 6
