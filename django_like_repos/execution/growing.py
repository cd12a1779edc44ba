"""Whole trees under objects: all that is reached is read at once, and put together by keys.

One statement reads the objects, and one more each relation of which these do not say themselves whose they
are, however deep the tree is.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.clauses.growing import is_by_key, nodes_of, order_of, pairs_at
from django_like_repos.execution.places import reads_from
from django_like_repos.execution.prefetching import Filling, beside, owned_by
from django_like_repos.execution.refreshing import load_columns
from django_like_repos.mapping.models import Hop, hop_of, key_of, mapper_of
from django_like_repos.mapping.owners import ownership_of
from django_like_repos.query import Prefetched, Query
from django_like_repos.query.trees import Grown

Fetch = Callable[[Session, Query], list[Any]]


def needed_by_tree(query: Query) -> list[str]:
    """The attributes by which the tree of a query is put together."""
    tree: Grown | None = query.settings.tree
    if tree is None:
        return []
    ownerships = [ownership_of(hop) for hop in _hops(query, tree)]
    own = [field.key for each in ownerships if each.back is None for field in each.fields]
    return [*own, *[name for each in ownerships for name in each.attributes]]


def grow(session: Session, roots: Sequence[Any], query: Query, fetch: Fetch, *, anew: bool) -> list[Any]:
    """Fills the relations of a query's tree under its models; all objects of the tree.

    ``anew``: also what is loaded already.
    """
    tree: Grown = query.settings.tree
    if not roots:
        return []
    with reads_from(session, query.settings.reads):
        keys = [_key(model) for model in roots]
        nodes = fetch(session, beside(query, nodes_of(query, tree, keys)))
    nodes = list({id(each): each for each in chain(nodes, roots)}.values())
    growing = _Growing(session, query, tree, nodes, fetch)
    inner = nodes if tree.max_depth is None else growing.within(roots, tree.max_depth)
    growing.fill(inner, anew=anew)
    return nodes


def _key(model: Any) -> Any:
    key: Any = instance_state(model).key
    return key[1][0] if len(key[1]) == 1 else tuple(key[1])


def _hops(query: Query, tree: Grown) -> list[Hop]:
    mapper = mapper_of(query.model)
    return [hop for hop in (hop_of(mapper, name) for name in tree.via) if hop is not None]


class _Growing:
    """A tree being put together."""

    def __init__(self, session: Session, query: Query, tree: Grown, nodes: list[Any], fetch: Fetch) -> None:
        self._session, self._query, self._tree, self._nodes, self._fetch = session, query, tree, nodes, fetch
        self._order = order_of(query, tree)
        needed = needed_by_tree(query)
        lacking = [node for node in nodes if not vars(node).keys() >= {*needed}]
        if lacking:
            load_columns(session, query.model, lacking, needed)
        self._led: list[tuple[Hop, list[tuple[Any, Any]]]] = [
            (hop, self._led_to(hop)) for hop in _hops(query, tree)
        ]
        """Per relation what it leads to, each with the key of its owner."""

    def within(self, roots: Sequence[Any], most: int) -> list[Any]:
        """The objects to which fewer steps lead than there may be at most."""
        beyond = [(_owner_key(hop), _by_owner(led)) for hop, led in self._led]
        level, found = [*roots], {id(each): each for each in roots}
        for _ in range(most - 1):
            reached = [
                each
                for model in level
                for key_of_owner, of_owner in beyond
                for each in of_owner.get(key_of_owner(model), ())
            ]
            level = list({id(each): each for each in reached if id(each) not in found}.values())
            found.update([(id(each), each) for each in level])
            if not level:
                break
        return [*found.values()] if most else []

    def fill(self, owners: list[Any], *, anew: bool) -> None:
        """Puts what relations lead to into objects."""
        chosen = self._tree.through is not None
        for hop, led in self._led:
            simple = not (chosen or anew or hop.to_many)
            left = _set(hop, led, owners) if simple else owners
            prefetched = Prefetched(hop.key, self._query, own=chosen, partial=chosen)
            filling = Filling(self._session, self._query.model, prefetched, left, anew=anew)
            if filling.keys:
                filling.fill(led)

    def _led_to(self, hop: Hop) -> list[tuple[Any, Any]]:
        ownership = ownership_of(hop)
        if not is_by_key(hop) or (hop.order and tuple(hop.order) != self._order):
            return self._by_statement(hop)
        names = [field.key for field in ownership.fields]
        target = hop.target.class_
        led = [(each, vars(each)) for each in self._nodes if isinstance(each, target)]
        if len(names) == 1:
            (name,) = names
            return [(each, known[name]) for each, known in led if known[name] is not None]
        rows = [(each, tuple([known[name] for name in names])) for each, known in led]
        return [(each, key) for each, key in rows if None not in key]

    def _by_statement(self, hop: Hop) -> list[tuple[Any, Any]]:
        """By a statement for the keys of both, of which some are beyond what is reached."""
        ownership = ownership_of(hop)
        owner_key = _owner_key(hop)
        owners = [owner_key(each) for each in self._nodes if isinstance(each, hop.parent.class_)]
        several = len(ownership.attributes) > 1
        keys = [*dict.fromkeys([key for key in owners if (None not in key if several else key is not None)])]
        if not keys:
            return []
        query = owned_by(beside(self._query, pairs_at(self._query, hop)), ownership, keys)
        with reads_from(self._session, self._query.settings.reads):
            rows = self._fetch(self._session, query)
        known = {_key(each): each for each in self._nodes}
        # A key alone, or several and the owner's behind them.
        width = len(key_of(hop.target))
        found = [(row[0] if width == 1 else tuple(row[:width]), owner) for row, owner in rows]
        return [(known[key], owner) for key, owner in found if key in known]


def _set(hop: Hop, led: list[tuple[Any, Any]], owners: list[Any]) -> list[Any]:
    """Sets a to-one relation of objects of which nothing would have to be forgotten; the others.

    There may be very many, and this is all that is to be done for them.
    """
    ownership = ownership_of(hop)
    if len(ownership.attributes) != 1 or ownership.way_back is not None:
        return owners
    attribute = ownership.attributes[0]
    key, of_key = hop.key, {key: model for model, key in led}
    kind = hop.parent.class_
    others: list[Any] = []
    for owner in owners:
        values = vars(owner)
        state = values["_sa_instance_state"]
        is_clean = not (state.committed_state or state.callables or state.expired_attributes)
        if is_clean and key not in values and attribute in values and isinstance(owner, kind):
            values[key] = of_key.get(values[attribute])
        else:
            others.append(owner)
    return others


def _by_owner(rows: list[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for model, key in rows:
        found.setdefault(key, []).append(model)
    return found


def _owner_key(hop: Hop) -> Callable[[Any], Any]:
    """The key by which the rows at the end of a relation are known for an object's."""
    names = ownership_of(hop).attributes
    if len(names) == 1:
        (name,) = names
        return lambda model: vars(model).get(name)
    return lambda model: tuple([vars(model).get(name) for name in names])
