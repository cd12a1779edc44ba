"""What is declared wrongly is an error of the class, which says where it stands and what was meant."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, field_validator
from sqlalchemy import JSON, LargeBinary
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from django_like_repos import (
    F,
    QueryError,
    QuerySet,
    UnknownFieldError,
    UnknownLookupError,
    UnsupportedOperationError,
)
from django_like_repos.contrib.filters import FilterSet, Lookup, Nested, Ordering, Search, parameter
from tests.contrib.filters.declared import PlayFilter, TrackFilter
from tests.pages.tracks import Kind, Play, Singer, Track


class Odd(DeclarativeBase):
    """A model of columns that clients cannot send."""


class Parcel(Odd):
    __tablename__ = "parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[dict[str, object]] = mapped_column(JSON)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    json: Mapped[str]


def made(model: Any = Track, annotations: dict[str, Any] | None = None, also: Any = None, **body: Any) -> Any:
    base: Any = FilterSet[model]
    bases = (base,) if also is None else (also, base)
    return type(base)("Wrong", bases, {"__annotations__": annotations or {}, **body})


def _plain(**body: Any) -> Any:
    return type("Plain", (), body)


class Known(FilterSet[Singer]):
    fields = {"name": ["exact"]}

    def apply(self, queryset: QuerySet[Singer]) -> QuerySet[Singer]:
        return super().apply(queryset).filter(country="at")


class Checked(FilterSet[Singer]):
    fields = {"name": ["exact"]}

    @field_validator("name")
    @classmethod
    def small(cls, value: str) -> str:
        return value.lower()


async def _awaited(self: Any, queryset: Any, value: int) -> Any: ...
def _alone(queryset: Any) -> Any: ...
def _named(self: Any, queryset: Any, *, value: int) -> Any: ...
def _several(self: Any, queryset: Any, *value: int) -> Any: ...
def _untyped(self: Any, queryset: Any, value) -> Any: ...  # type: ignore[no-untyped-def]


def _written(kind: Any, *given: Any, **more: Any) -> Any:
    return kind(*given, **more)


ALONE: Any = _alone
NAMED: Any = _named
DECLARING: Any = type(FilterSet)
UNKNOWN, REFUSED = (UnknownFieldError, UnknownLookupError), UnsupportedOperationError
Mistake = tuple[Callable[[], Any], Any, str]
MISTAKES: dict[str, Mistake] = {
    "a path": (lambda: made(fields={"titel": ["exact"]}), UNKNOWN, "did you mean 'title'?"),
    "a relation": (lambda: made(fields={"singr__name": ["exact"]}), UNKNOWN, "did you mean 'singer'"),
    "a related field": (lambda: made(fields={"singer__nme": ["exact"]}), UNKNOWN, "did you mean 'name'"),
    "a lookup": (lambda: made(fields={"title": ["icontain"]}), UNKNOWN, "did you mean 'icontains'"),
    "a lookup of a relation": (lambda: made(fields={"singer": ["icontains"]}), UNKNOWN, "Lookups:"),
    "an attribute": (lambda: made(annotations={"rang": int}), UNKNOWN, "did you mean 'rank'?"),
    "a search": (lambda: made(q=Search("titel")), UNKNOWN, "did you mean 'title'?"),
    "an order": (lambda: made(order=Ordering("-titel")), UNKNOWN, "did you mean 'title'?"),
    "a relation nested": (lambda: made(singr=Nested(FilterSet[Singer])), UNKNOWN, "did you mean 'singer'"),
    "required": (lambda: made(required=["titel"], annotations={"title": str}), UNKNOWN, "mean 'title'?"),
    "a default": (lambda: made(defaults={"titel": ""}, annotations={"title": str}), UNKNOWN, "Wrong has: "),
    "a group": (lambda: made(groups=[["titel"]], annotations={"title": str}), UNKNOWN, "Wrong has no field"),
    "fields": (lambda: made(fields=["title"]), REFUSED, "fields is a dict of lookups by path"),
    "lookups": (lambda: made(fields={"title": "exact"}), REFUSED, "a list of lookups, not 'exact'"),
    "names as a text": (lambda: made(required="title"), REFUSED, "required is a list of names"),
    "a bound": (lambda: made(most_values=0), REFUSED, "whole numbers from 1 on, not 0"),
    "a bound that is none": (lambda: made(longest_text=True), REFUSED, "not True"),
    "undeclared": (lambda: made(undeclared="allow"), REFUSED, "'refuse' or 'ignore', not 'allow'"),
    "twice": (
        lambda: made(fields={"title": ["exact"]}, annotations={"title": str}),
        REFUSED,
        "'title' is declared twice",
    ),
    "twice by a search": (
        lambda: made(fields={"title": ["gte"]}, title__gte=Search("title")),
        REFUSED,
        "'title__gte' is declared twice",
    ),
    "two declarations": (
        lambda: made(annotations={"a": Annotated[str, Lookup("title"), Search("title")]}),
        REFUSED,
        "a is declared twice",
    ),
    "one name for two": (
        lambda: made(
            annotations={
                "a": Annotated[str, Lookup("title"), Field(alias="c")],
                "b": Annotated[str, Lookup("code"), Field(alias="c")],
            }
        ),
        REFUSED,
        "two parameters are called 'c'",
    ),
    "a name of pydantic's": (
        lambda: made(Parcel, fields={"json": ["exact"]}),
        REFUSED,
        "'json' can be no parameter, since a FilterSet has an attribute of that name: declare it under "
        "another name, other: Annotated[…, Lookup('json'), Field(alias='json')]",
    ),
    "a name of its own": (
        lambda: made(annotations={"apply": Annotated[str, Lookup("title")]}),
        REFUSED,
        "a FilterSet has an attribute of that name",
    ),
    "the name of the door": (
        lambda: made(annotations={"door": Annotated[str, Lookup("title")]}),
        REFUSED,
        "a FilterSet has an attribute of that name",
    ),
    "a type": (
        lambda: made(annotations={"x": Annotated[date, Lookup("price__gte")]}),
        REFUSED,
        "'price__gte' cannot be declared of date: Track: price__gte=",
    ),
    "a text for a number": (
        lambda: made(annotations={"x": Annotated[str, Lookup("price__gte")]}),
        REFUSED,
        "'price__gte' cannot be declared of str",
    ),
    "a value for a list": (
        lambda: made(annotations={"x": Annotated[list[str], Lookup("rank__in")]}),
        REFUSED,
        "'rank__in' cannot be declared of list[str]",
    ),
    "one word of several": (
        lambda: made(annotations={"x": Annotated[Literal["ALBUM", "TAPE"], Lookup("kind")]}),
        REFUSED,
        "'exact' takes one of Kind: ALBUM, LIVE, STUDIO here",
    ),
    "a flag": (
        lambda: made(annotations={"x": Annotated[int, Lookup("rank__isnull")]}),
        REFUSED,
        "'isnull' takes True or False here",
    ),
    "a search in what has no text": (lambda: made(Parcel, q=Search("seal")), REFUSED, "bytes have not"),
    "a document": (
        lambda: made(Parcel, fields={"data__a": ["exact"]}),
        REFUSED,
        "says no type that a client could send: annotate an attribute with one, "
        "x: Annotated[int, Lookup('data__a')]",
    ),
    "bytes": (lambda: made(Parcel, fields={"seal": ["exact"]}), REFUSED, "says no type that a client could"),
    "a default that is refused": (
        lambda: made(annotations={"rank": int}, rank="x"),
        REFUSED,
        "the default 'x' of 'rank' is refused: Input should be a valid integer",
    ),
    "a default of the class": (
        lambda: made(annotations={"kind": Kind}, defaults={"kind": "9"}),
        REFUSED,
        "the default '9' of 'kind' is refused: Input should be 1, 2 or 3",
    ),
    "a search for nothing": (lambda: made(q=Search()), REFUSED, "Search() needs the fields"),
    "no order": (lambda: made(order=Ordering()), REFUSED, "Ordering() needs the names"),
    "one order twice": (lambda: made(order=Ordering("title", "-title")), REFUSED, "one name stands for one"),
    "an order of many": (
        lambda: made(order=Ordering("plays__place")),
        REFUSED,
        "and so no place in an order",
    ),
    "an order by a lookup": (lambda: made(order=Ordering("title__gt")), REFUSED, "must name a field"),
    "a type of an order": (
        lambda: made(order=Ordering("title"), annotations={"order": str}),
        REFUSED,
        "order = Ordering(…)",
    ),
    "another model nested": (
        lambda: made(singer=Nested(FilterSet[Play])),
        REFUSED,
        "Track.singer leads to Singer, and FilterSet[Play] is of Play",
    ),
    "a column nested": (lambda: made(title=Nested(FilterSet[Play])), REFUSED, "is no relation"),
    "a method of no value": (lambda: parameter(ALONE), REFUSED, "a method of (self, queryset, value)"),
    "a method of any value": (lambda: made(x=parameter(_untyped)), REFUSED, "x(): annotate 'value'"),
    "a setting's name": (
        lambda: made(field={"title": ["exact"]}),
        REFUSED,
        "Wrong: 'field' is no setting: did you mean 'fields'?",
    ),
    "no lookups": (lambda: made(fields={"title": []}), REFUSED, "fields['title'] names no lookup"),
    "defaults": (lambda: made(defaults=["title"]), REFUSED, "defaults is a dict by parameter"),
    "None for no parameter": (lambda: made(titel=None), UNKNOWN, "Wrong has no field 'titel'"),
    "None beside it": (
        lambda: made(fields={"title": ["exact"]}, title=None),
        REFUSED,
        "'title' is declared, and removed by None",
    ),
    "a value without a type": (
        lambda: made(fields={"title": ["exact"]}, title="x"),
        REFUSED,
        "Wrong.title is the name of a parameter, and says none: annotate it",
    ),
    "a method over a parameter's": (
        lambda: made(Track, None, TrackFilter, popular=_alone),
        REFUSED,
        "Wrong.popular is the name of a parameter, and says none: put @parameter above def popular()",
    ),
    "a method that is awaited": (lambda: parameter(_awaited), REFUSED, "_awaited() gives a queryset or a Q"),
    "an order of a list": (
        lambda: _written(Ordering, x=["title"]),
        REFUSED,
        "not ['title']",
    ),
    "an order of an expression": (lambda: _written(Ordering, x=F("title").desc()), REFUSED, "takes names"),
    "a search for a number": (lambda: _written(Search, 5), REFUSED, "by their names"),
    "an order of documents": (
        lambda: made(Parcel, order=Ordering("data")),
        REFUSED,
        "Parcel.data is JSON, which has no order",
    ),
    "an order of parts of them": (lambda: made(Parcel, order=Ordering("data__a")), REFUSED, "has no order"),
    "a model nested": (lambda: Nested(Singer), REFUSED, "Nested() takes a FilterSet of what the relation"),
    "a name nested": (
        lambda: _written(Nested, "SingerFilter"),
        REFUSED,
        "Nested() takes a FilterSet of what",
    ),
    "one nested that does more": (
        lambda: made(singer=Nested(Known)),
        REFUSED,
        "Known.apply() would not be asked where Known is nested",
    ),
    "one nested that validates": (
        lambda: made(singer=Nested(Checked)),
        REFUSED,
        "Checked.small() would not be asked where Checked is nested",
    ),
    "one nested that inherits": (
        lambda: made(singer=Nested(DECLARING("Sub", (Known,), {}))),
        REFUSED,
        "Sub.apply() would not be asked",
    ),
    "two groups": (
        lambda: made(fields={"title": ["exact", "gt"]}, groups=[["title", "title__gt"], ["title"]]),
        REFUSED,
        "'title' is in a group already, 'title+title__gt'",
    ),
    "a group of what is nested": (
        lambda: made(plays=Nested(PlayFilter), groups=[["plays__place"]]),
        REFUSED,
        "'plays__place' is in a group already, 'plays'",
    ),
    "an order in a group": (
        lambda: made(order=Ordering("title"), groups=[["order"]]),
        REFUSED,
        "'order' is no condition",
    ),
    "an empty group": (lambda: made(groups=[[]]), REFUSED, "names each of its parameters once, not []"),
    "a group of one twice": (
        lambda: made(fields={"title": ["exact"]}, groups=[["title", "title"]]),
        REFUSED,
        "names each of its parameters once",
    ),
    "what a plain class declares": (
        lambda: made(Track, None, _plain(q=Search("title"))),
        REFUSED,
        "Plain.q would say nothing here, since Plain is no FilterSet: write class Plain(FilterSet[…])",
    ),
    "what a plain class annotates": (
        lambda: made(Track, None, _plain(__annotations__={"title": str})),
        REFUSED,
        "Plain.title would say nothing",
    ),
    "what a plain class sets": (
        lambda: made(Track, None, _plain(most_values=3)),
        REFUSED,
        "Plain.most_values would say nothing",
    ),
    "a base of another model": (
        lambda: made(Track, None, Known),
        REFUSED,
        "Wrong is of Singer, and FilterSet[Track] of Track: nest it, name = Nested(",
    ),
    "a factory": (
        lambda: made(annotations={"title": Annotated[str, Field(default_factory=str)]}),
        REFUSED,
        "a parameter's default is one value",
    ),
    "another name for reading": (
        lambda: made(annotations={"title": Annotated[str, Field(validation_alias="t")]}),
        REFUSED,
        "title: what clients send is called by Field(alias=…)",
    ),
    "a name that is hidden": (
        lambda: made(annotations={"_x": Annotated[str, Lookup("title")]}),
        REFUSED,
        "'_x' can be no parameter, since it begins with _",
    ),
    "a search that is hidden": (lambda: made(_q=Search("title")), REFUSED, "it begins with _"),
    "the name of a setting": (
        lambda: made(annotations={"required": Annotated[bool, Lookup("done")]}),
        REFUSED,
        "'required' can be no parameter, since a FilterSet has",
    ),
    "a column that is called as a setting": (
        lambda: made(annotations={"required": bool}),
        REFUSED,
        "'required' can be no parameter",
    ),
    "required, and a default": (
        lambda: made(annotations={"rank": int}, required=["rank"], defaults={"rank": 1}),
        REFUSED,
        "'rank' is required, and has a default, which would never count",
    ),
    "a group of one": (
        lambda: made(annotations={"rank": int}, groups=[["rank"]]),
        REFUSED,
        "['rank'] is one",
    ),
    "a search in lists": (lambda: made(q=Search("rank__in")), REFUSED, "cannot be declared of str"),
    "a value by its name": (lambda: parameter(NAMED), REFUSED, "a method of (self, queryset, value)"),
    "any values": (lambda: parameter(_several), REFUSED, "a method of (self, queryset, value)"),
    "no class": (lambda: FilterSet["Track"], QueryError, "takes a mapped class, not 'Track'"),
    "a class of no table": (lambda: FilterSet[int], QueryError, "no class that SQLAlchemy maps"),
    "no model": (
        lambda: DECLARING("Mixin", (FilterSet,), {"q": Search("title")}),
        QueryError,
        "Mixin has no model: write class Mixin(FilterSet[Track])",
    ),
    "no model of an attribute": (
        lambda: DECLARING("Mixin", (FilterSet,), {"__annotations__": {"title": str}}),
        QueryError,
        "Mixin has no model",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    make, kind, said = MISTAKES[name]
    with pytest.raises(kind) as caught:
        make()
    assert isinstance(caught.value, QueryError)
    assert said in str(caught.value)


def test_where_a_mistake_stands() -> None:
    with pytest.raises(UnknownFieldError) as caught:
        made(fields={"title": ["exact"], "singer__nme": ["exact"]})
    assert caught.value.__notes__ == ["declared as 'singer__nme'", "in Wrong"]


def test_what_needs_a_type_or_another_name() -> None:
    fine = made(
        Parcel,
        annotations={
            "weight": Annotated[int, Lookup("data__weight__gte")],
            "text": Annotated[str, Lookup("json"), Field(alias="json")],
            "price": Annotated[float | None, Lookup("data__price")],
        },
    )
    odd = made(Parcel, annotations={"x": Annotated[int, Lookup("data__in__exact")]})
    assert str(QuerySet(Parcel).filter_by(odd(x=1)).query) == str(
        QuerySet(Parcel).filter(data__in__exact=1).query
    )
    assert fine(weight="3", json="x").model_dump() == {"weight": 3, "text": "x", "price": None}
