"""Relations that lead from rows to others of the same kind: by what columns one step is read, either way."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached
from django_like_repos.mapping.models import Field, Hop, key_of, mapper_of
from django_like_repos.mapping.owners import by_owner, ownership_of
from django_like_repos.mapping.paths import SEPARATOR, Path, field_path, relation_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import names
from django_like_repos.query.trees import BACK


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """How the keys of two rows are read, of which a relation leads from one to the other."""

    root: Mapper[Any]
    """Of one row, which is read."""
    hops: tuple[Hop, ...]
    """From there to where the key of the other stands."""
    fields: tuple[Field, ...]
    """That key."""
    outwards: bool
    """Whether the row that is read is the one that is come from."""
    single: bool
    """Whether no row can be come to from two others."""


@cached(4096)
def passage_of(model: type[Any], relation: str, conditioned: bool) -> Passage:
    """How a step is read; ``conditioned``, where conditions speak of the row that is come to."""
    bare = relation.removeprefix(BACK)
    path = relation_path(names(model), bare)
    if bare != relation:
        return _backwards(path, bare)
    (first, *others) = path.named
    key = key_of(mapper_of(model))
    short = path.shortest
    if not others and not conditioned and not short.hops and _are_alike(short.fields, key):
        # The foreign key says all.
        return Passage(mapper_of(model), (), short.fields, True, False)
    ownership = ownership_of(first)
    if ownership.attributes != tuple([field.key for field in key_of(first.parent)]):
        ownership = by_owner(first)
    hops = [by_owner(hop).back for hop in reversed(others)]
    found = tuple([hop for hop in (*hops, ownership.back) if hop is not None])
    return Passage(path.mapper, found, ownership.fields, False, not found)


def _backwards(path: Path, relation: str) -> Passage:
    mapper = mapper_of(path.model)
    if path.fields != key_of(path.mapper):
        path = field_path(path.names, f"{relation}{SEPARATOR}{key_name(path.mapper)}")
    short = path.shortest
    return Passage(mapper, short.hops, short.fields, False, not path.crosses_to_many)


def _are_alike(fields: tuple[Field, ...], key: tuple[Field, ...]) -> bool:
    """Whether foreign keys are of the very types of the key, as the columns of a recursion have to be."""
    return len(fields) == len(key) and all(
        repr(field.type) == repr(own.type) for field, own in zip(fields, key, strict=True)
    )
