"""``load_tree()``: relations of all that is reached from the models of a query, filled at once."""

from typing import Any

from django_like_repos.clauses.checks import NO_KEYWORDS, check_models
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.filtering import whole
from django_like_repos.clauses.ordering import ordered
from django_like_repos.clauses.projecting import projected
from django_like_repos.clauses.trees import Wanted, relations_of, walked
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import Hop, hop_of, key_of, mapper_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.mapping.paths import SEPARATOR
from django_like_repos.query import Frame, Query
from django_like_repos.query.names import guarded
from django_like_repos.query.trees import BACK, Grown

_CALL = "load_tree"


def grown(query: Query, via: Any, through: Any, max_depth: int | None) -> Query:
    """``load_tree()``; None alone forgets what was to be loaded.

    Raises UnsupportedOperationError and UnknownFieldError for what is no relation of the model to itself.
    """
    refuse_combined(query, _CALL)
    check_models(query, _CALL)
    if via is None and through is None and max_depth is None:
        return query.evolve(tree=None, last_call=(query.last_call, _CALL, (None,), NO_KEYWORDS))
    relations = relations_of(via, _CALL)
    if query.settings.tree is not None:
        both = [*dict.fromkeys((*query.settings.tree.via, *relations))]
        raise UnsupportedOperationError(
            f"{_CALL}() is said once: {_CALL}({both!r}) follows several relations, and {_CALL}(None) forgets "
            f"those before: {query!r}"
        )
    mapper = mapper_of(query.model)
    tree = Grown(relations, through, max_depth)
    # It says what is wrong with any of it.
    nodes_of(query, tree, [])
    for name in relations:
        hop = hop_of(mapper, name)
        if name.startswith(BACK) or hop is None:
            raise UnsupportedOperationError(
                f"{_CALL}(via={name!r}): a tree is loaded into relations, and this is none that an object has"
            )
        if hop.relation is not None and hop.relation.lazy in ("write_only", "dynamic"):
            raise UnsupportedOperationError(
                f"{_CALL}(via={name!r}): {hop!r} is {hop.relation.lazy} and never holds what was loaded"
            )
    given = {"via": via, **({} if through is None else {"through": through})}
    given |= {} if max_depth is None else {"max_depth": max_depth}
    return query.evolve(tree=tree, last_call=(query.last_call, _CALL, (), given))


def nodes_of(query: Query, tree: Grown, keys: list[Any]) -> Query:
    """All that is reached from the rows of these keys, those too, loaded as the models of a query are."""
    frame, names = query.frame, query.names
    rows = whole(query.model, names.zone)
    rows = rows.evolve(names=guarded(rows.names, names.guard))
    wanted = Wanted(tree.through, None, tree.max_depth, include_self=True)
    found = walked(rows, _CALL, keys, tree.via, wanted)
    related = tuple([path for path in frame.related if path.split(SEPARATOR)[0] not in names.relations])
    kept: Frame = found.frame._replace(related=related, fields=frame.fields, fetch_mode=frame.fetch_mode)
    found = found.evolve(frame=kept)
    order = order_of(query, tree)
    return found if not order else ordered(found, order)


def order_of(query: Query, tree: Grown) -> tuple[Any, ...]:
    """The order in which the mapping has the rows of the first relation that has one."""
    hops = [hop_of(mapper_of(query.model), name) for name in tree.via]
    found = next((hop.order for hop in hops if hop is not None and is_by_key(hop) and hop.order), ())
    return tuple(found)


def is_by_key(hop: Hop) -> bool:
    """Whether the rows at the end of a relation say themselves whose they are."""
    ownership = ownership_of(hop)
    return ownership.back is None and not ownership.repeats


def pairs_at(query: Query, hop: Hop) -> Query:
    """The keys of the rows at the end of a relation, to be read each with the key of its owner."""
    target = hop.target
    rows = whole(target.class_, query.names.zone)
    return projected(rows, _CALL, tuple([field.key for field in key_of(target)]), "tuple")
