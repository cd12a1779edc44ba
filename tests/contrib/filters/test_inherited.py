"""What a ``FilterSet`` has of others: of those that it is derived from, and of those that it nests."""

from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from django_like_repos import Q, QuerySet, UnsupportedOperationError
from django_like_repos.contrib.filters import (
    Conditions,
    FilterSet,
    Lookup,
    Nested,
    Ordering,
    Search,
    parameter,
)
from tests.pages.tracks import Play, Singer, Track


class SingerFilter(FilterSet[Singer]):
    fields = {"name": ["in", "exact"], "country": ["exact"]}
    shortest: Annotated[int, Lookup("number__gte"), Field(alias="min-n")]
    most_values = 2
    longest_text = 5


class TrackFilter(FilterSet[Track]):
    fields = {"title": ["exact", "gt"], "plays__place": ["exact"], "plays__id": ["exact"]}
    code: str
    q = Search("title")
    order = Ordering("title")
    singer = Nested(SingerFilter)
    required = ["title"]
    defaults = {"title__gt": "a", "q": "x"}
    groups = [["plays__place", "plays__id"]]

    @parameter
    def ranked(self, queryset: QuerySet[Track], value: int = 3) -> Q:
        return Q(rank__gte=value)


def where(filters: Any) -> str:
    sql = QuerySet(filters.__declared__.model).filter_by(filters).sql()
    return " ".join(sql.partition("WHERE ")[2].split())


def test_none_removes() -> None:
    class Less(TrackFilter):
        title = None
        q = None
        order = None
        ranked = None  # pyright: ignore[reportAssignmentType]
        code = None  # type: ignore[assignment]
        plays__id = None
        singer = None  # type: ignore[assignment]

    class Least(Less):
        title__gt = None

    assert Less.model_fields.keys() == {"title__gt", "plays__place"}
    assert Least.model_fields.keys() == {"plays__place"}
    # What the settings of the parents said of them is gone too, and no client reaches them.
    assert where(Less()) == "tracks.title > 'a'"
    assert where(Least(plays__place="b")).endswith("WHERE plays_1.place = 'b')")

    class Again(Less):
        fields = {"title": ["exact"]}
        q = Search("code")  # type: ignore[assignment]

    assert where(Again(title="b", q="c")).startswith("tracks.title > 'a' AND tracks.title = 'b' AND lower(")
    for name in ("title", "q", "order", "ranked", "code", "plays__id", "singer__name"):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            Less(**{name: "x"})


def test_what_is_nested_anew_leaves_nothing_of_the_old() -> None:
    class Few(FilterSet[Singer]):
        fields = {"country": ["exact"]}

    class Narrowed(TrackFilter):
        singer = Nested(Few)

    assert [name for name in Narrowed.model_fields if name.startswith("singer")] == ["singer__country"]


def test_a_method_of_the_parent() -> None:
    class More(TrackFilter):
        @parameter
        def ranked(self, queryset: QuerySet[Track], value: int) -> Q:
            above: Any = super()
            found: Q = above.ranked(queryset, value)
            return found | Q(done=True)

    assert where(TrackFilter(title="b")).endswith("tracks.rank >= 3")
    assert where(More(title="b", ranked=2)).endswith("tracks.rank >= 2 OR tracks.done = true)")
    assert More(title="b", ranked=2).ranked == 2
    assert not hasattr(More, "ranked")
    assert "ranked" not in More(title="b").model_fields_set
    assert More(title="b").ranked is None


def test_what_a_method_gives() -> None:
    class Broken(FilterSet[Track]):
        @parameter
        def nothing(self, queryset: QuerySet[Track], value: int) -> Any:
            return None

    with pytest.raises(UnsupportedOperationError, match=r"Broken\.nothing\(\) gives a QuerySet or a Q"):
        QuerySet(Track).filter_by(Broken(nothing=1))


def test_names_and_bounds_of_what_is_nested() -> None:
    sent: dict[str, Any] = {"singer__min-n": 1, "singer__name__in": ["a", "b"]}
    assert "singers_1.name IN ('a', 'b')" in where(TrackFilter(title="b", **sent))
    assert "singers_1.number >= 1" in where(TrackFilter(title="b", **sent))
    with pytest.raises(ValidationError, match="at most 2 items"):
        TrackFilter(title="b", singer__name__in=["a"] * 3)
    with pytest.raises(ValidationError, match="at most 5 characters"):
        TrackFilter(title="b", singer__name="a" * 6)
    TrackFilter(title="a" * 6)

    class Around(FilterSet[Play]):
        track = Nested(TrackFilter)
        most_values = 1

    with pytest.raises(ValidationError, match="at most 1 item"):
        Around(track__title="b", track__singer__name__in=["a", "b"])
    with pytest.raises(ValidationError, match="at most 5 characters"):
        Around(track__title="b", track__singer__name="a" * 6)
    body = {"conditions": {"track__title": "b", "track__singer__min-n": 1}}
    assert "singers_1.number >= 1" in where_of_body(Around, body)


def where_of_body(filterset: Any, body: Any) -> str:
    read = Conditions[filterset].model_validate(body)
    return QuerySet(filterset.__declared__.model).filter_by(read).sql().partition("WHERE ")[2]
