"""``Names``: what the names in a query mean: a model's and annotations; and the zone of its times."""

from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn
from weakref import WeakValueDictionary

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query.untrusted import Allowed

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

    __slots__ = ("__weakref__", "_bare", "annotations", "guard", "model", "proposes", "relations", "zone")

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
        self.guard: Allowed | None = None
        """Which names may be written here, if not all."""
        self.proposes = False
        """Whether a row is proposed beside the one that is there, so that ``Proposed`` can speak of it."""
        self._bare: Names | None = None

    @property
    def bare(self) -> "Names":
        """The same without the guard, for names that were read already: what shapes are made of."""
        return self if self._bare is None else self._bare

    @property
    def unkept(self) -> bool:
        """Whether nothing is remembered of it: a function may say something else the next time."""
        return self.guard is not None and self.guard.unkept

    def __repr__(self) -> str:
        return f"{self.model.__name__} in {self.zone}"

    def __reduce__(self) -> tuple[Any, ...]:
        named = tuple(self.annotations.items()), tuple(self.relations.items())
        return _restored, (self.model, self.zone, *named, self.guard)

    if not TYPE_CHECKING:

        def __iter__(self) -> NoReturn:
            # Where encoders end that look into whatever an endpoint returns.
            raise UnsupportedOperationError(
                "neither a queryset nor a repository is an answer: return await repository.objects"
            )


def names(model: type[Any], zone: str = UTC) -> Names:
    """The one object of that meaning, so that it can be compared and hashed by identity."""
    return _only(model, zone)


def plain(of: Names) -> Names:
    """The same without what a query has named."""
    return names(of.model, of.zone)


@cached(4096)
def _only(model: Any, zone: str) -> Names:
    return _interned((model, zone), lambda: Names(model, zone))


@cached(16384)
def annotated(names: Names, alias: str, annotation: Annotation) -> Names:
    """The same names and one more."""

    def make() -> Names:
        annotations = {name: each for name, each in names.annotations.items() if name != alias}
        return Names(names.model, names.zone, {**annotations, alias: annotation}, names.relations)

    if names.guard is not None:
        return guarded(annotated(names.bare, alias, annotation), names.guard)
    return _interned((names, alias, annotation), make)


@cached(4096)
def related(names: Names, alias: str, relation: Hashable) -> Names:
    """The same names and one more relation."""

    def make() -> Names:
        return Names(names.model, names.zone, names.annotations, {**names.relations, alias: relation})

    if names.guard is not None:
        return guarded(related(names.bare, alias, relation), names.guard)
    return _interned((names, alias, relation), make)


@cached(1024)
def guarded(names: Names, guard: Allowed | None) -> Names:
    """The same names, of which only those may be written that a guard allows; all of them without one."""
    bare = names.bare
    if guard is None:
        return bare

    def make() -> Names:
        made = Names(bare.model, bare.zone, bare.annotations, bare.relations)
        made.guard, made._bare = guard, bare
        return made

    return make() if guard.unkept else _interned((bare, guard), make)


@cached(1024)
def proposing(names: Names) -> Names:
    """The names of a model where rows are proposed beside those that are there."""

    def make() -> Names:
        made = Names(names.model, names.zone)
        made.proposes = True
        return made

    return _interned((names, "proposes"), make)


def _restored(
    model: type[Any],
    zone: str,
    annotations: tuple[tuple[str, Annotation], ...],
    relations: tuple[tuple[str, Hashable], ...],
    guard: Allowed | None,
) -> Names:
    found = names(model, zone)
    for alias, relation in relations:
        found = related(found, alias, relation)
    for alias, annotation in annotations:
        found = annotated(found, alias, annotation)
    return guarded(found, guard)


_LOCK: Final = Lock()
_INTERNED: Final[WeakValueDictionary[Hashable, Names]] = WeakValueDictionary()


def _interned(meaning: Hashable, make: Callable[[], Names]) -> Names:
    # Two threads that ask at once would get two objects of a cache, and two plans for one shape.
    with _LOCK:
        found = _INTERNED.get(meaning)
        if found is None:
            found = _INTERNED[meaning] = make()
        return found
