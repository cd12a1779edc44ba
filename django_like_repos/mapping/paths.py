"""Names as users write them: ``a__b__year__gte`` → hops, the fields at their end, transforms, a lookup."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Mapper
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import LONGEST, cached, fact
from django_like_repos.errors import UnknownFieldError, UnknownLookupError, UnsupportedOperationError
from django_like_repos.mapping.limits import MOST_HOPS, MOST_PARTS, MOST_TRANSFORMS, too_long
from django_like_repos.mapping.models import (
    Composite,
    Field,
    Hop,
    composite_of,
    field_of,
    hop_of,
    is_of_subclass_only,
    key_of,
    links_of,
    mapper_of,
    names_of,
    odd_names_of,
    own_column,
    own_table_of,
    proxy_of,
    subclass_of,
    subclasses_with,
)
from django_like_repos.mapping.primary_keys import HIDDEN
from django_like_repos.mapping.registry import LOOKUPS, TRANSFORMS, forget_on_change, scopes_of_type
from django_like_repos.mapping.transform import ANY, Transform
from django_like_repos.query import Annotation, Names

SEPARATOR: Final = "__"

SPELLINGS: Final[dict[str, tuple[str, str]]] = {}
"""Words that say a transform and a lookup in one: ``year_ge``."""


@dataclass(frozen=True, eq=False)
class Path:
    """A field of a model or of one related to it; several fields where it names a composite key."""

    names: Names
    name: str
    mapper: Mapper[Any]
    """Whose fields these are."""
    hops: tuple[Hop, ...]
    fields: tuple[Field, ...]
    relation: bool = False
    """Whether the name ends with a relation and so speaks of its target's key."""
    named: tuple[Hop, ...] = ()
    """The relations as the user named them: a many-to-many relation may be two hops."""
    composite: Composite | None = None
    trimmed: "Path | None" = None
    """The same values read one hop earlier, from the parent's own foreign key, where that can be."""
    transforms: tuple[Transform, ...] = ()
    source: "Path | None" = None
    """The path without its last transform."""
    annotation: Annotation | None = None
    """What the name stands for, if not for fields."""

    @property
    def model(self) -> type[Any]:
        return self.names.model

    @fact
    def types(self) -> tuple[TypeEngine[Any], ...]:
        """Of what types its values are."""
        if self.transforms:
            return (self.transforms[-1].type,)
        if self.annotation is not None:
            return (self.annotation.type,)
        return tuple([field.type for field in self.fields])

    @property
    def unkept(self) -> bool:
        """Whether nothing is remembered of it."""
        return self.names.unkept or len(self.name) > LONGEST

    @property
    def bare(self) -> "Path":
        """This path without its transforms."""
        path = self
        while path.source is not None:
            path = path.source
        return path

    @fact
    def crosses_to_many(self) -> bool:
        return any(hop.to_many for hop in self.hops)

    @fact
    def shortest(self) -> "Path":
        """This path with every hop trimmed that can be."""
        path = self
        while path.trimmed is not None:
            path = path.trimmed
        return path

    @fact
    def scopes(self) -> list[Hashable]:
        """Where lookups and transforms for it are found, the most particular place first."""
        if self.transforms:
            return [*type(self.transforms[-1]).__mro__, *scopes_of_type(self.types[0]), None]
        if self.annotation is not None:
            return [*scopes_of_type(self.annotation.type), None]
        if len(self.fields) != 1:
            return [None]
        (field,) = self.fields
        column = [(each.class_, field.key) for each in self.mapper.iterate_to_root()]
        return [*column, *scopes_of_type(field.type), None]

    def __str__(self) -> str:
        return f"{self.model.__name__}.{self.name}"


@cached(16384)
def lookup_path(names: Names, name: str) -> tuple[Path, str]:
    """The path that a keyword of ``filter()`` begins with, and the name of the lookup that it ends with.

    Raises UnknownFieldError where a part names nothing, and UnknownLookupError for one after a field.
    """
    path, rest = _walk(names, name)
    return _transformed(path, name, _spelled_out(path, rest), lookup=True)


@cached(16384)
def field_path(names: Names, name: str) -> Path:
    """A path that is a whole name, with no lookup behind it. Raises UnknownFieldError otherwise."""
    path, rest = _walk(names, name)
    try:
        return _transformed(path, name, rest, lookup=False)[0]
    except UnknownLookupError as error:
        raise UnsupportedOperationError(
            f"{name!r} must name a field: {error.part!r} after {error.field} is not one, "
            "and lookups belong in filter()"
        ) from None


@cached(4096)
def relation_path(names: Names, name: str) -> Path:
    """The path of a name that follows relations only. Raises UnknownFieldError, UnsupportedOperationError."""
    path = field_path(names, name)
    if not path.relation:
        raise UnsupportedOperationError(f"{path} is no relation, so there is nothing to join for {name!r}")
    return path


def _walk(names: Names, name: str) -> tuple[Path, tuple[str, ...]]:
    """The longest path of fields that ``name`` begins with, and the parts after it."""
    if not isinstance(name, str):
        raise UnsupportedOperationError(f"a field is named by text, not by {name!s}")
    mapper = mapper_of(names.model)
    if name.count(SEPARATOR) >= MOST_PARTS:
        raise too_long(name, MOST_PARTS, "words")
    parts = name.split(SEPARATOR)
    return _annotation(names, mapper, parts) or _follow(names, mapper, parts)


def _follow(names: Names, mapper: Mapper[Any], parts: list[str]) -> tuple[Path, tuple[str, ...]]:
    """The path that leads from a mapper by the parts, as far as it goes, and the parts after it."""
    name = SEPARATOR.join(parts)
    parts = _apart(mapper, parts, 0, names.relations)
    hops: list[Hop] = []
    named: list[Hop] = []
    # Each part with the number of written parts that end with it: what a part stands for was not written.
    todo: list[tuple[str | Hop, int]] = [(part, number) for number, part in enumerate(parts, 1)]
    if parts[0] in names.relations:
        todo = [*((hop, 1) for hop in _filtered(names, parts[0])), *todo[1:]]
    while todo:
        (part, end), *todo = todo
        rest = tuple(parts[end:])
        written = SEPARATOR.join(parts[:end])
        hop = part if isinstance(part, Hop) else _hop(mapper, part)
        stands_for = None if isinstance(part, Hop) else proxy_of(mapper, part)
        if hop is not None:
            _check_joinable(name, hop, len(named))
            hops.extend(links_of(hop) if hop.narrowed is None else [hop])
            named.append(hop)
            mapper = hop.target
            if len(todo) == len(rest):
                parts = _apart(mapper, parts, end)
                todo = [(each, number) for number, each in enumerate(parts[end:], end + 1)]
                rest = tuple(parts[end:])
            if not todo or not _continues(mapper, todo[0][0]):
                return _path(names, written, mapper, hops, _relation_key(hops[-1]), named=named), rest
        elif stands_for is not None:
            todo = [*((each, end) for each in stands_for), *todo]
        elif isinstance(part, str):
            fields, composite, more = _fields(mapper, part, rest)
            if fields:
                written = SEPARATOR.join(parts[: end + more])
                return _path(names, written, mapper, hops, fields, composite=composite), rest[more:]
            subclasses = subclasses_with(mapper, part)
            if len(subclasses) != 1:
                known = [f"{each}{SEPARATOR}{part}" for each in subclasses] or [
                    *names_of(mapper),
                    *(names.annotations if not hops else ()),
                ]
                raise UnknownFieldError(mapper.class_.__name__, name, part, known)
            todo = [(_subclass(mapper, subclasses[0]), end), (part, end), *todo]
    raise AssertionError(name)


def _apart(mapper: Mapper[Any], parts: list[str], start: int, more: Iterable[str] = ()) -> list[str]:
    """The parts of a path, of which the one at ``start`` is the longest name there that fits."""
    text = SEPARATOR.join(parts[start:])
    fitting = [each for each in (*odd_names_of(mapper), *more) if _begins(text, each)]
    if not fitting:
        return parts
    longest = max(fitting, key=len)
    rest = text[len(longest) + len(SEPARATOR) :]
    return [*parts[:start], longest, *(rest.split(SEPARATOR) if text != longest else ())]


def _begins(path: str, name: str) -> bool:
    return path == name or path.startswith(name + SEPARATOR)


def _annotation(names: Names, mapper: Mapper[Any], parts: list[str]) -> tuple[Path, tuple[str, ...]] | None:
    """The path of the longest annotation that the parts begin with, and the parts after it."""
    if not names.annotations:
        return None
    fitting = [each for each in names.annotations if _begins(SEPARATOR.join(parts), each)]
    if not fitting:
        return None
    name, *rest = _apart(mapper, parts, 0, fitting)
    if name not in names.annotations:
        return None
    return Path(names, name, mapper, (), (), annotation=names.annotations[name]), tuple(rest)


def _check_joinable(name: str, hop: Hop, before: int) -> None:
    """Raises UnsupportedOperationError for a relation too many, or to what is no class of its own."""
    if before == MOST_HOPS:
        raise too_long(name, MOST_HOPS, "relations")
    if hop.relation is not None and hop.relation.entity.is_aliased_class:
        raise UnsupportedOperationError(
            f"{name!r}: {hop!r} leads to an alias, which no path can join: say it in SQLAlchemy"
        )


def _filtered(names: Names, name: str) -> tuple[Hop, ...]:
    """The hops of a ``FilteredRelation``."""
    step: Any = names.relations[name]
    *before, last = relation_path(names, step.relation).hops
    return (*before, _narrowed(last, step.name, step.relation))


@cached(4096)
def _narrowed(hop: Hop, name: str, relation: str) -> Hop:
    # One object for each name, as there is one for each relation.
    return replace(hop, narrowed=name, remote={})


def _fields(
    mapper: Mapper[Any], part: str, rest: tuple[str, ...]
) -> tuple[tuple[Field, ...], Composite | None, int]:
    """What a part names if not a relation, and how many of the parts after it belong to that."""
    if part == HIDDEN:
        return key_of(mapper), None, 0
    field = field_of(mapper, part)
    if field is not None:
        return (field,), None, 0
    composite = composite_of(mapper, part)
    if composite is not None:
        if rest and rest[0] in composite.components:
            return (composite.fields[composite.components.index(rest[0])],), None, 1
        return composite.fields, composite, 0
    return (key_of(mapper) if part == "pk" else ()), None, 0


def _hop(mapper: Mapper[Any], part: str) -> Hop | None:
    """The relation of that name, or the subclass where nothing else is called so."""
    found = hop_of(mapper, part)
    return subclass_of(mapper, part) if found is None and part not in mapper.all_orm_descriptors else found


def _subclass(mapper: Mapper[Any], name: str) -> Hop:
    found = subclass_of(mapper, name)
    assert found is not None
    return found


def _continues(mapper: Mapper[Any], part: str | Hop) -> bool:
    return (
        isinstance(part, Hop)
        or part == "pk"
        or hop_of(mapper, part) is not None
        or field_of(mapper, part) is not None
        or composite_of(mapper, part) is not None
        or proxy_of(mapper, part) is not None
        or subclass_of(mapper, part) is not None
        or len(subclasses_with(mapper, part)) == 1
    )


def _relation_key(hop: Hop) -> tuple[Field, ...]:
    referenced = [field_of(hop.target, key) for key in hop.remote]
    return tuple(field for field in referenced if field is not None) or key_of(hop.target)


def _path(
    names: Names,
    name: str,
    mapper: Mapper[Any],
    hops: list[Hop],
    fields: tuple[Field, ...],
    *,
    named: list[Hop] | None = None,
    composite: Composite | None = None,
) -> Path:
    chosen = _through_subclass(hops, fields, relation=named is not None)
    path = Path(names, name, mapper, chosen, fields, named is not None, tuple(named or ()), composite)
    return replace(path, trimmed=_trim(path))


def _through_subclass(hops: list[Hop], fields: tuple[Field, ...], *, relation: bool) -> tuple[Hop, ...]:
    """The hops with no more of a subclass at their end than has to be joined for its fields."""
    if not hops or hops[-1].relation is not None:
        return tuple(hops)
    *before, last = hops
    if not relation and all(is_of_subclass_only(last, field) for field in fields):
        return tuple(before)
    if all(own_column(last, field) is not None for field in fields):
        return (*before, own_table_of(last))
    return tuple(hops)


def _trim(path: Path) -> Path | None:
    hops, fields = path.hops, path.fields
    if not hops or not fields or any(field.key not in hops[-1].remote for field in fields):
        return None
    hop = hops[-1]
    local = [field_of(hop.parent, hop.remote[field.key]) for field in fields]
    own = tuple(field for field in local if field is not None)
    shorter = Path(path.names, path.name, hop.parent, hops[:-1], own, path.relation)
    return replace(shorter, trimmed=_trim(shorter))


def _spelled_out(path: Path, rest: tuple[str, ...]) -> tuple[str, ...]:
    if not rest or rest[-1] not in SPELLINGS or path.relation:
        return rest
    return (*rest[:-1], *SPELLINGS[rest[-1]])


def _transformed(path: Path, name: str, rest: tuple[str, ...], *, lookup: bool) -> tuple[Path, str]:
    """``path`` with the transforms that ``rest`` names, and the lookup at its end if there may be one."""
    while rest:
        part = rest[0]
        if lookup and len(rest) == 1 and LOOKUPS.find(path.scopes, part) is not None:
            return path, part
        transform = None if len(path.types) != 1 else _transform(path, part)
        if transform is None:
            raise _unknown(path, name, rest)
        if len(path.transforms) == MOST_TRANSFORMS:
            raise too_long(name, MOST_TRANSFORMS, "transforms")
        path, rest = _applied(path, transform), rest[1:]
    return path, "exact"


def _transform(path: Path, part: str) -> Transform | None:
    kind = TRANSFORMS.find(path.scopes, part) or TRANSFORMS.find(path.scopes, ANY)
    return kind(part, path.types[0], path.names.zone) if kind else None


def _applied(path: Path, transform: Transform) -> Path:
    trimmed = path.trimmed
    return replace(
        path,
        name=f"{path.name}{SEPARATOR}{transform.written}",
        transforms=(*path.transforms, transform),
        trimmed=_applied(trimmed, transform) if trimmed is not None else None,
        source=path,
    )


def _unknown(path: Path, name: str, rest: tuple[str, ...]) -> Exception:
    if path.relation and LOOKUPS.find(path.scopes, rest[0]) is None:
        return UnknownFieldError(path.mapper.class_.__name__, name, rest[0], names_of(path.mapper))
    known = {*LOOKUPS.known(path.scopes), *TRANSFORMS.known(path.scopes)} - {ANY}
    return UnknownLookupError(str(path), name, SEPARATOR.join(rest), sorted(known))


forget_on_change(lookup_path.cache_clear)
forget_on_change(field_path.cache_clear)
forget_on_change(relation_path.cache_clear)
