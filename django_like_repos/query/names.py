"""``Names``: what the names in a query mean: a model's and annotations; and the zone of its times."""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from threading import Lock
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from weakref import WeakValueDictionary

UTC: Final = "UTC"


class Annotation(NamedTuple):
    """What ``annotate()`` or ``alias()`` gave a name."""

    shape: Hashable
    type: Any
    """Its SQLAlchemy type."""
    aggregate: bool
    """Whether it is computed of a group of rows."""
    window: bool
    """Whether it is computed of the rows around."""
    selected: bool
    """Whether it is part of the rows: ``alias()`` only names it."""


class Names:
    """The ground on which names are read. There is one object for one meaning, made by ``names()``."""

    __slots__ = ("__weakref__", "annotations", "model", "relations", "zone")

    def __init__(
        self,
        model: type[Any],
        zone: str,
        annotations: Mapping[str, Annotation] = MappingProxyType({}),
        relations: Mapping[str, Hashable] = MappingProxyType({}),
    ) -> None:
        self.model = model
        self.zone = zone
        """The IANA name of the zone in which the parts of aware datetimes are read."""
        self.annotations = annotations
        self.relations = relations
        """What ``FilteredRelation`` named: the shapes of the steps."""

    def __repr__(self) -> str:
        return f"{self.model.__name__} in {self.zone}"


def names(model: type[Any], zone: str = UTC) -> Names:
    """The one object of that meaning, so that it can be compared and hashed by identity."""
    meaning: Any = (model, zone)
    return _only(*meaning)


def plain(of: Names) -> Names:
    """The same without what a query has named."""
    return names(of.model, of.zone)


@lru_cache(maxsize=4096)
def _only(model: Any, zone: str) -> Names:
    return _interned((model, zone), lambda: Names(model, zone))


@lru_cache(maxsize=16384)
def annotated(names: Names, alias: str, annotation: Annotation) -> Names:
    """The same names and one more."""

    def make() -> Names:
        annotations = {name: each for name, each in names.annotations.items() if name != alias}
        return Names(names.model, names.zone, {**annotations, alias: annotation}, names.relations)

    return _interned((names, alias, annotation), make)


@lru_cache(maxsize=4096)
def related(names: Names, alias: str, relation: Hashable) -> Names:
    """The same names and one more relation."""

    def make() -> Names:
        return Names(names.model, names.zone, names.annotations, {**names.relations, alias: relation})

    return _interned((names, alias, relation), make)


_LOCK: Final = Lock()
_INTERNED: Final[WeakValueDictionary[Hashable, Names]] = WeakValueDictionary()


def _interned(meaning: Hashable, make: Callable[[], Names]) -> Names:
    # Two threads that ask at once would get two objects of lru_cache, and two plans for one shape.
    with _LOCK:
        found = _INTERNED.get(meaning)
        if found is None:
            found = _INTERNED[meaning] = make()
        return found
