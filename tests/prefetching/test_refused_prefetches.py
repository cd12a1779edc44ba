"""What `prefetch_related()` and `Prefetch` refuse, on the line that wrote it."""

from collections.abc import Callable
from typing import Any

import pytest

from django_like_repos import (
    FilteredRelation,
    Prefetch,
    Q,
    QuerySet,
    UnknownFieldError,
    UnsupportedOperationError,
    Value,
    Window,
)
from django_like_repos.functions import RowNumber
from tests.prefetching.gallery import Artist, Label, Painting, Work

ARTISTS: Any = QuerySet(Artist)
WORKS = QuerySet(Work)
NONE: Any = None

REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "a wrong name": (lambda: ARTISTS.prefetch_related("wroks"), UnknownFieldError, "wroks.*works"),
    "a wrong name beyond": (lambda: ARTISTS.prefetch_related("works__lables"), UnknownFieldError, "lables"),
    "a field": (lambda: ARTISTS.prefetch_related("name"), UnsupportedOperationError, "name is no relation"),
    "a field beyond": (
        lambda: ARTISTS.prefetch_related("works__size"),
        UnsupportedOperationError,
        "no relation",
    ),
    "a subclass": (lambda: WORKS.prefetch_related("painting"), UnsupportedOperationError, "is a subclass"),
    "a number": (
        lambda: ARTISTS.prefetch_related(3),
        UnsupportedOperationError,
        "relation paths and Prefetch",
    ),
    "None among others": (
        lambda: ARTISTS.prefetch_related("works", None),
        UnsupportedOperationError,
        "relation paths and Prefetch, not None",
    ),
    "an empty name": (lambda: ARTISTS.prefetch_related(""), UnsupportedOperationError, "relation paths"),
    "no path": (lambda: Prefetch(NONE), UnsupportedOperationError, "takes the path of a relation, not None"),
    "no queryset": (lambda: Prefetch("works", Work), UnsupportedOperationError, "takes a queryset, not"),
    "no name": (lambda: Prefetch("works", to_attr="a b"), UnsupportedOperationError, "name of an attribute"),
    "an empty attribute": (
        lambda: Prefetch("works", to_attr=""),
        UnsupportedOperationError,
        "name of an attribute",
    ),
    "values": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", WORKS.values("size"))),
        UnsupportedOperationError,
        r"are models, without values\(\)",
    ),
    "after values": (
        lambda: ARTISTS.values("name").prefetch_related("works"),
        UnsupportedOperationError,
        r"cannot follow values\(\)",
    ),
    "after a union": (
        lambda: ARTISTS.union(ARTISTS).prefetch_related("works"),
        UnsupportedOperationError,
        r"after union\(\)",
    ),
    "a union": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", WORKS.union(WORKS))),
        UnsupportedOperationError,
        r"after union\(\)",
    ),
    "another model": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", QuerySet(Label))),
        UnsupportedOperationError,
        r"Artist\.works is of Work and not of Label",
    ),
    "the base of a model": (
        lambda: QuerySet(Label).prefetch_related(Prefetch("works", ARTISTS)),
        UnsupportedOperationError,
        "is of Work and not of Artist",
    ),
    "a slice of one": (
        lambda: WORKS.prefetch_related(Prefetch("artist", ARTISTS[:1])),
        UnsupportedOperationError,
        "leads to one model, of which there is no slice",
    ),
    "a slice by a window": (
        lambda: ARTISTS.prefetch_related(
            Prefetch("works", WORKS.annotate(w=Window(RowNumber(), order_by="size")).order_by("w")[:1])
        ),
        UnsupportedOperationError,
        "a slice of each model cannot be in the order of a window",
    ),
    "an attribute that is there": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", to_attr="name")),
        UnsupportedOperationError,
        "to_attr='name' is an attribute of Artist already",
    ),
    "an attribute of a subclass": (
        lambda: WORKS.prefetch_related(Prefetch("credits", to_attr="frames")),
        UnsupportedOperationError,
        "to_attr='frames' is an attribute of Painting already",
    ),
    "an attribute of SQLAlchemy's": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", to_attr="_sa_instance_state")),
        UnsupportedOperationError,
        "cannot be the name of an attribute of models",
    ),
    "the primary key": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", to_attr="pk")),
        UnsupportedOperationError,
        "cannot be the name of an attribute of models",
    ),
    "a path as an attribute": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", to_attr="works__labels")),
        UnsupportedOperationError,
        "cannot be the name of an attribute of models",
    ),
    "an attribute of a class": (
        lambda: ARTISTS.prefetch_related(Artist.works),
        UnsupportedOperationError,
        "takes relation paths and Prefetch",
    ),
    "underscores at the end": (lambda: ARTISTS.prefetch_related("works__"), UnknownFieldError, "works__"),
    "too far": (
        lambda: ARTISTS.prefetch_related("__".join(["mentor"] * 33)),
        UnsupportedOperationError,
        "goes further than a path may",
    ),
    "an annotation": (
        lambda: ARTISTS.annotate(n=Value(1)).prefetch_related(Prefetch("works", to_attr="n")),
        UnsupportedOperationError,
        "to_attr='n' is the name of an annotation",
    ),
    "annotated over": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", to_attr="n")).annotate(n=Value(1)),
        UnsupportedOperationError,
        "'n' is where prefetch_related\\(\\) puts",
    ),
    "an attribute twice": (
        lambda: ARTISTS.prefetch_related(Prefetch("works", to_attr="x"), Prefetch("pupils", to_attr="x")),
        UnsupportedOperationError,
        "'x' is prefetched already",
    ),
    "another queryset for the same": (
        lambda: ARTISTS.prefetch_related("works__labels", Prefetch("works", WORKS.filter(size=1))),
        UnsupportedOperationError,
        "'works' is prefetched already, with another queryset; name it before the paths that lead through it",
    ),
    "a filtered relation": (
        lambda: ARTISTS.annotate(big=FilteredRelation("works", condition=Q(works__size=1))).prefetch_related(
            "big"
        ),
        UnsupportedOperationError,
        "a FilteredRelation is for conditions",
    ),
    "a relation of a sibling": (
        lambda: QuerySet(Painting).prefetch_related("print__frames"),
        UnknownFieldError,
        "print",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    chain, error, text = REFUSED[name]
    with pytest.raises(error, match=text):
        chain()


def test_shown() -> None:
    shown = repr(ARTISTS.prefetch_related("works", Prefetch("pupils", ARTISTS.filter(pk=1), to_attr="p")))
    prefetch = "Prefetch('pupils', Artist.filter(pk=<int>), to_attr='p')"
    assert shown == f"<QuerySet Artist.prefetch_related('works', {prefetch})>"
