"""``prefetch_related()``: relations that statements of their own load, one for all models of a query."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState, Mapper

from django_like_repos.clauses.checks import NO_KEYWORDS, check_models, is_none
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.filtering import whole
from django_like_repos.clauses.undone import refuse_undone
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.limits import MOST_HOPS, too_long
from django_like_repos.mapping.models import Hop, hop_of, mapper_of, proxy_of, subclass_of, subclasses_with
from django_like_repos.mapping.paths import SEPARATOR, relation_path
from django_like_repos.mapping.written import as_written, written_path
from django_like_repos.query import Prefetch, Prefetched, Query, names
from django_like_repos.query.locking import refuse_locked
from django_like_repos.query.shapes import Annotate, Filtered, Order, Over, Reference, Sort

Prefetches = tuple[Prefetched, ...]


def prefetched(query: Query, lookups: tuple[Any, ...]) -> Query:
    """``prefetch_related()``: paths and ``Prefetch``es beside those before; None alone forgets them."""
    refuse_combined(query, "prefetch_related")
    check_models(query, "prefetch_related")
    known = () if is_none(lookups) else query.settings.prefetches
    wanted = () if is_none(lookups) else lookups
    prefetches = placed(query, known, wanted)
    taken = [each.attribute for each in prefetches if each.attribute in query.names.annotations]
    if taken:
        raise UnsupportedOperationError(f"to_attr={taken[0]!r} is the name of an annotation already")
    changed = query.evolve(
        prefetches=prefetches, last_call=(query.last_call, "prefetch_related", lookups, NO_KEYWORDS)
    )
    refuse_undone("prefetch_related", changed)
    return changed


def base_of(models: list[Any]) -> type[Any]:
    """The class that all objects are of. Raises UnsupportedOperationError where there is none."""
    state: Any = inspect(models[0], raiseerr=False)
    if not isinstance(state, InstanceState):
        raise UnsupportedOperationError(f"{models[0]!r} is no object of a model")
    for mapper in state.mapper.iterate_to_root():
        model: type[Any] = mapper.class_
        if all(isinstance(each, model) for each in models):
            return model
    # Whoever asks says which are none.
    return type(models[0])


def parted(query: Query, lookups: tuple[Any, ...]) -> tuple[list[str], tuple[Any, ...]]:
    """The columns of the model among paths that are to be loaded for objects in hand, and the others."""
    mapper = mapper_of(query.model)
    columns = [each for each in lookups if isinstance(each, str) and each in mapper.column_attrs]
    for each in columns:
        written_path(query.names, each)
    return columns, tuple([each for each in lookups if not isinstance(each, str) or each not in columns])


def placed(query: Query, known: Prefetches, lookups: Iterable[Any]) -> Prefetches:
    """Prefetches with more paths: what is on the same way is loaded once."""
    for lookup in lookups:
        if isinstance(lookup, str) and lookup.split(SEPARATOR)[0] in query.names.relations:
            raise UnsupportedOperationError(
                f"prefetch_related({lookup!r}): a FilteredRelation is for conditions and select_related(); "
                "Prefetch() of a queryset chooses what is loaded"
            )
        prefetch = lookup if isinstance(lookup, Prefetch) else _of_path(lookup)
        place = partial(_placed, known, mapper_of(query.model), prefetch.path, prefetch, query.names.zone)
        known = as_written(query.names, prefetch.path, place)
    return known


def _of_path(path: Any) -> Prefetch:
    if not isinstance(path, str) or not path:
        raise UnsupportedOperationError(f"prefetch_related() takes relation paths and Prefetch, not {path!r}")
    return Prefetch(path)


def _placed(known: Prefetches, owner: Mapper[Any], path: str, prefetch: Prefetch, zone: str) -> Prefetches:
    """Prefetches of the models of ``owner`` with one more, whose way from there on is ``path``."""
    first, hop, rest = _first_of(known, owner, path)
    if not rest:
        made = _last(owner, hop, prefetch, zone)
        there = next((each for each in known if each.name == made.name), None)
        if there is None:
            return (*known, made)
        if made.own or made.attribute:
            raise UnsupportedOperationError(
                f"{prefetch!r}: {made.name!r} is prefetched already, with another queryset; "
                "name it before the paths that lead through it"
            )
        return known
    found = first or Prefetched(hop.key, whole(hop.target.class_, zone))
    further = _placed(found.query.settings.prefetches, mapper_of(found.query.model), rest, prefetch, zone)
    changed = found._replace(query=found.query.evolve(prefetches=further))
    if first is None:
        return (*known, changed)
    return tuple([changed if each is first else each for each in known])


def _first_of(known: Prefetches, owner: Mapper[Any], path: str) -> tuple[Prefetched | None, Hop, str]:
    """What a path begins with: its prefetch if there is one, its relation; and the rest."""
    parts = path.split(SEPARATOR)
    if len(parts) > MOST_HOPS:
        raise too_long(path, MOST_HOPS, "relations")
    for length in range(len(parts), 0, -1):
        name, rest = SEPARATOR.join(parts[:length]), SEPARATOR.join(parts[length:])
        there = next((each for each in known if each.attribute == name), None)
        hop = hop_of(owner, there.relation if there else name) or subclass_of(owner, name)
        if hop is not None and (rest or length == len(parts)):
            there = there or next((each for each in known if each.name == hop.key), None)
            return there, hop, rest
        below = subclasses_with(owner, name)
        if hop is None and len(below) == 1:
            return _first_of(known, owner, SEPARATOR.join([*below, *parts]))
        proxy = proxy_of(owner, name)
        if proxy is not None:
            return _first_of(known, owner, SEPARATOR.join([*proxy, *parts[length:]]))
    # It says what is wrong.
    relation_path(names(owner.class_), path)
    raise UnsupportedOperationError(f"prefetch_related({path!r}): there is no relation of that name")


def _last(owner: Mapper[Any], hop: Hop, prefetch: Prefetch, zone: str) -> Prefetched:
    """What the last relation of a path loads."""
    if hop.relation is None:
        raise UnsupportedOperationError(
            f"{prefetch!r}: {hop.key} is a subclass and no relation; go on to a relation of it"
        )
    query, attribute = prefetch.query, prefetch.to_attr
    if hop.relation.lazy in ("write_only", "dynamic") and attribute is None:
        raise UnsupportedOperationError(
            f"prefetch_related({prefetch.path!r}): {hop!r} is {hop.relation.lazy} and never holds what was "
            f"loaded; Prefetch({prefetch.path!r}, to_attr=…) puts it into an attribute"
        )
    if attribute is not None:
        _check_attribute(owner, attribute)
    if query is None:
        return Prefetched(hop.key, whole(hop.target.class_, zone), attribute)
    _check_query(hop, prefetch, query)
    return Prefetched(hop.key, query, attribute, own=True, partial=_is_partial(hop, query))


def _check_attribute(owner: Mapper[Any], name: str) -> None:
    """Raises UnsupportedOperationError for a name that objects have something else under."""
    if name == "pk" or SEPARATOR in name or name.startswith("_sa_"):
        raise UnsupportedOperationError(f"to_attr={name!r} cannot be the name of an attribute of models")
    for each in owner.self_and_descendants:
        if hasattr(each.class_, name):
            raise UnsupportedOperationError(
                f"to_attr={name!r} is an attribute of {each.class_.__name__} already"
            )


def _check_query(hop: Hop, prefetch: Prefetch, query: Query) -> None:
    """Raises UnsupportedOperationError for a queryset that cannot fill a relation."""
    assert hop.relation is not None
    target = hop.target.class_
    if not issubclass(query.model, target):
        raise UnsupportedOperationError(
            f"{prefetch!r}: {hop!r} is of {target.__name__} and not of {query.model.__name__}"
        )
    if query.frame.projection is not None:
        raise UnsupportedOperationError(
            f"{prefetch!r}: what is prefetched are models, without values() and values_list()"
        )
    refuse_combined(query, "Prefetch")
    if query.sliced:
        refuse_locked(query.frame, "a slice of each model", "prefetch the rows without a slice")
    if query.sliced and not hop.relation.uselist:
        raise UnsupportedOperationError(
            f"{prefetch!r}: {hop!r} leads to one model, of which there is no slice"
        )
    ordering: Any = query.ordering.shape
    if query.sliced and any(_by_window(query, order) for order in ordering):
        raise UnsupportedOperationError(
            f"{prefetch!r}: a slice of each model cannot be in the order of a window; "
            "filter by the window in its place"
        )


def _by_window(query: Query, order: Order | Sort) -> bool:
    """Whether a term of an ordering is computed of the rows around."""
    value = order.path if isinstance(order, Order) else order.value
    if isinstance(value, Reference):
        value = value.path
    annotation = query.names.annotations.get(value) if isinstance(value, str) else None
    return isinstance(value, Over) or (annotation is not None and annotation.window)


def _is_partial(hop: Hop, query: Query) -> bool:
    """Whether a queryset may leave out some of the rows that a relation has."""
    frame = query.frame
    narrowing = any(not isinstance(step, (Annotate, Filtered)) for step in query.steps)
    joined = bool(frame.joins or frame.loads or frame.distinct_on)
    return narrowing or joined or query.sliced or query.foreign or query.model is not hop.target.class_
