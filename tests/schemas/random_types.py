"""Random types of every kind for the models of ``music``, and what rows of models are as plain values."""

from collections import namedtuple
from dataclasses import fields, is_dataclass, make_dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import attrs
import msgspec
from hypothesis import strategies as st
from pydantic import BaseModel, create_model
from typing_extensions import TypedDict

from tests.schemas.music import Country, FanPage, Kind, Play, Singer, Tag, Track

COLUMNS: dict[type[Any], dict[str, Any]] = {
    Country: {"code": str, "name": str},
    Singer: {"id": int, "name": str, "bio": str | None, "country_code": str | None},
    FanPage: {"id": int, "url": str},
    Tag: {"id": int, "name": str},
    Play: {"id": int, "place": str, "country_code": str | None},
    Track: {
        "id": int,
        "title": str,
        "price": Decimal | None,
        "born": date,
        "kind": Kind,
        "guest_id": int | None,
        "lyrics": str,
    },
}
ONE: dict[type[Any], dict[str, tuple[type[Any], bool]]] = {
    Country: {},
    Singer: {"country": (Country, True), "page": (FanPage, True), "first": (Track, True)},
    FanPage: {"singer": (Singer, False)},
    Tag: {},
    Play: {"track": (Track, False), "country": (Country, True)},
    Track: {"singer": (Singer, False), "guest": (Singer, True)},
}
LISTS: dict[type[Any], dict[str, type[Any]]] = {
    Country: {},
    Singer: {"tracks": Track},
    FanPage: {},
    Tag: {},
    Play: {},
    Track: {"plays": Play, "tags": Tag},
}
_VALIDATED = ("pydantic", "dataclass", "typed dict")
KINDS = ("dataclass", "named tuple", "typed dict", "pydantic", "msgspec", "attrs")


class Spec(NamedTuple):
    """A type of a model: its columns, and the types of its relations."""

    model: type[Any]
    kind: str
    columns: tuple[str, ...]
    ones: dict[str, "Spec"]
    lists: dict[str, "Spec"]

    def annotations(self) -> dict[str, Any]:
        found: dict[str, Any] = {name: COLUMNS[self.model][name] for name in self.columns}
        for name, spec in self.ones.items():
            inner = spec.type()
            found[name] = inner | None if ONE[self.model][name][1] else inner
        return found | {name: listed(spec.type()) for name, spec in self.lists.items()}

    def type(self) -> Any:
        return made(self.kind, f"Random{self.model.__name__}", self.annotations())

    def of(self, model: Any) -> dict[str, Any]:
        """What a row is, as plain values, of an object with all that is related to it."""
        found = {name: getattr(model, name) for name in self.columns}
        for name, spec in self.ones.items():
            # SQLAlchemy warns of the others where it loads the first of several.
            one = next(iter(model.tracks), None) if name == "first" else getattr(model, name)
            found[name] = None if one is None else spec.of(one)
        return found | {
            name: [spec.of(each) for each in getattr(model, name)] for name, spec in self.lists.items()
        }


def listed(kind: Any) -> Any:
    """A list of a type."""
    members: Any = list
    return members[kind]


def made(kind: str, name: str, annotations: dict[str, Any]) -> Any:
    """A type of a kind."""
    if kind == "dataclass":
        return make_dataclass(name, [*annotations.items()])
    if kind == "named tuple":
        tuples: Any = namedtuple
        plain = tuples("Random", [*annotations])
        plain.__annotations__ = annotations
        return plain
    if kind == "typed dict":
        return TypedDict(name, annotations)  # type: ignore[operator]
    if kind == "pydantic":
        asked: Any = {each: (annotation, ...) for each, annotation in annotations.items()}
        return create_model(name, **asked)
    if kind == "msgspec":
        return msgspec.defstruct(name, [*annotations.items()])
    members: dict[str, Any] = {each: attrs.field(type=annotation) for each, annotation in annotations.items()}
    return attrs.make_class(name, members)


def plain(made: Any) -> Any:
    """An object of any kind as dicts and lists."""
    if isinstance(made, list):
        return [plain(each) for each in made]
    if isinstance(made, BaseModel):
        names = [*type(made).model_fields]
    elif isinstance(made, msgspec.Struct):
        names = [*made.__struct_fields__]
    elif attrs.has(type(made)):
        names = [each.name for each in attrs.fields(type(made))]
    elif isinstance(made, tuple):
        names = [*made._fields]  # type: ignore[attr-defined]
    elif isinstance(made, dict):
        return {name: plain(each) for name, each in made.items()}
    elif is_dataclass(made):
        names = [each.name for each in fields(made)]
    else:
        return made
    return {name: plain(getattr(made, name)) for name in names}


@st.composite
def specs(draw: st.DrawFn, model: type[Any] = Track, depth: int = 2, kinds: tuple[str, ...] = KINDS) -> Spec:
    kind = draw(st.sampled_from(kinds))
    names = [*COLUMNS[model]]
    columns = draw(st.lists(st.sampled_from(names), unique=True, min_size=1))
    # What pydantic has checked already, it would not take of others.
    inner = kinds if kind != "pydantic" else tuple([each for each in kinds if each in _VALIDATED])
    ones = draw(st.lists(st.sampled_from([*ONE[model]]), unique=True)) if depth and ONE[model] else []
    lists = draw(st.lists(st.sampled_from([*LISTS[model]]), unique=True)) if depth and LISTS[model] else []
    return Spec(
        model,
        kind,
        tuple(columns),
        {each: draw(specs(ONE[model][each][0], depth - 1, inner)) for each in ones},
        {each: draw(specs(LISTS[model][each], depth - 1, inner)) for each in lists},
    )
