"""Names as users write them: ``a__b__lookup`` → hops, the fields at their end, and what is left over."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Mapper

from django_like_repos.builder.caching import cached
from django_like_repos.builder.mapping import Field, Hop, field_of, hop_of, key_of, mapper_of, names_of
from django_like_repos.errors import UnknownFieldError, UnsupportedOperationError

SEPARATOR = "__"


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A field of a model or of one related to it; several fields where it names a composite key."""

    model: type[Any]
    name: str
    hops: tuple[Hop, ...]
    fields: tuple[Field, ...]
    relation: bool
    """Whether the name ends with a relation and so speaks of its target's key."""
    trimmed: "Path | None" = None
    """The same values read one hop earlier, from the parent's own foreign key, where that can be."""

    @property
    def mapper(self) -> Mapper[Any]:
        """The mapper whose fields these are."""
        return self.hops[-1].target if self.hops else mapper_of(self.model)

    @property
    def crosses_to_many(self) -> bool:
        return any(hop.to_many for hop in self.hops)

    @property
    def shortest(self) -> "Path":
        """This path with every hop trimmed that can be."""
        path = self
        while path.trimmed is not None:
            path = path.trimmed
        return path

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.name}"


@cached(16384)
def parse(model: type[Any], name: str) -> tuple[Path, tuple[str, ...]]:
    """The longest path that ``name`` begins with, and the parts after it: transforms and a lookup.

    Raises UnknownFieldError where the first part, or a part after a relation, names nothing.
    """
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"a field is named by text, not by {name!s}")
    mapper = mapper_of(model)
    hops: list[Hop] = []
    parts = name.split(SEPARATOR)
    for position, part in enumerate(parts):
        rest = tuple(parts[position + 1 :])
        written = SEPARATOR.join(parts[: position + 1])
        field = field_of(mapper, part)
        if field is not None:
            return _path(model, written, hops, (field,), relation=False), rest
        if part == "pk":
            return _path(model, written, hops, key_of(mapper), relation=False), rest
        hop = hop_of(mapper, part)
        if hop is None:
            raise UnknownFieldError(mapper.class_.__name__, name, part, names_of(mapper))
        hops.append(hop)
        mapper = hop.target
        if not rest or not _continues(mapper, rest[0]):
            return _path(model, written, hops, _relation_key(hop), relation=True), rest
    raise AssertionError(name)


@cached(16384)
def field_path(model: type[Any], name: str) -> Path:
    """A path that is a whole name, with no lookup behind it. Raises UnknownFieldError otherwise."""
    path, rest = parse(model, name)
    if rest:
        if path.relation:
            raise UnknownFieldError(path.mapper.class_.__name__, name, rest[0], names_of(path.mapper))
        raise UnsupportedOperationError(
            f"{name!r} must name a field: {rest[0]!r} after {path} is not one, and lookups belong in filter()"
        )
    return path


@cached(4096)
def relation_path(model: type[Any], name: str) -> tuple[Hop, ...]:
    """The hops of a name that follows relations only. Raises UnknownFieldError, UnsupportedOperationError."""
    path = field_path(model, name)
    if not path.relation:
        raise UnsupportedOperationError(f"{path} is no relation, so there is nothing to join for {name!r}")
    return path.hops


def _continues(mapper: Mapper[Any], part: str) -> bool:
    return part == "pk" or hop_of(mapper, part) is not None or field_of(mapper, part) is not None


def _relation_key(hop: Hop) -> tuple[Field, ...]:
    referenced = [field_of(hop.target, key) for key in hop.remote]
    return tuple(field for field in referenced if field is not None) or key_of(hop.target)


def _path(model: type[Any], name: str, hops: list[Hop], fields: tuple[Field, ...], *, relation: bool) -> Path:
    return Path(model, name, tuple(hops), fields, relation, _trim(model, name, tuple(hops), fields, relation))


def _trim(
    model: type[Any], name: str, hops: tuple[Hop, ...], fields: tuple[Field, ...], relation: bool
) -> Path | None:
    if not hops or not fields or any(field.key not in hops[-1].remote for field in fields):
        return None
    hop, shorter = hops[-1], hops[:-1]
    local = [field_of(hop.parent, hop.remote[field.key]) for field in fields]
    own = tuple(field for field in local if field is not None)
    return Path(model, name, shorter, own, relation, _trim(model, name, shorter, own, relation))
