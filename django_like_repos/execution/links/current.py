"""What the session's objects have loaded of relations whose links were written: kept as the rows are now.

Nothing is told to SQLAlchemy's unit of work, which would write it a second time. Where the order of a
collection, or who is new in it, only the database can say, it is read again, a statement a relation.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Column
from sqlalchemy.orm import InstanceState, Mapper, RelationshipDirection, RelationshipProperty, Session
from sqlalchemy.orm.attributes import instance_state, set_committed_value
from sqlalchemy.orm.collections import collection_adapter

from django_like_repos.caching import cached
from django_like_repos.clauses.filtering import whole
from django_like_repos.clauses.linking import held
from django_like_repos.execution import objects
from django_like_repos.execution.collections import is_partial
from django_like_repos.execution.links import members
from django_like_repos.execution.reading import prefetch
from django_like_repos.execution.shards import is_sharded
from django_like_repos.mapping.fetch_modes import mode_of
from django_like_repos.mapping.links import Link
from django_like_repos.mapping.models import hop_of, is_plain_between, key_of
from django_like_repos.query import Prefetched, Query
from django_like_repos.statements.links import Key

_READ: Final = "_django_like_repos_read"
"""The attribute that what is read again comes in."""


class Change(NamedTuple):
    """Which rows an owner was related to, and to which it is no more."""

    added: Sequence[Key] = ()
    removed: Sequence[Key] = ()

    def also(self, later: "Change") -> "Change":
        """This one, and another after it."""
        gone, new = {*later.removed}, {*later.added}
        added = [key for key in self.added if key not in gone]
        removed = [key for key in self.removed if key not in new]
        return Change([*added, *later.added], [*removed, *later.removed])


def is_watched(session: Session, link: Link, obj: Any) -> bool:
    """Whether the session has objects that may know of an owner's related rows."""
    between = None if link.between is None else link.between.mapper
    kinds = {
        *link.target.self_and_descendants,
        *(between.self_and_descendants if between is not None else ()),
    }
    owner = instance_state(obj)
    if any(state.mapper in kinds and state is not owner for state in session.identity_map.all_states()):
        return True
    return any(_is_loaded(owner, each) for each in _relations(link, owner.mapper))


def keep_current(session: Session, query: Query, link: Link, obj: Any, change: Change) -> None:
    """Has the session's objects know what was written."""
    known = _known(session, link, [*change.added, *change.removed])
    if link.between is None:
        _point(session, link, obj, change, known)
        _leave_others(session, link, obj, [known[key].obj() for key in change.added if key in known])
    _Collections(session, query, link, obj, change, known).mend()


Known = Mapping[Key, InstanceState[Any]]


def _known(session: Session, link: Link, keys: Sequence[Key]) -> Known:
    """The related objects of keys that the session holds."""
    target, attributes = link.target, [field.key for field in link.keys]
    if attributes == [field.key for field in key_of(target)] and not is_sharded(session):
        found = {key: session.identity_map.get(target.identity_key_from_primary_key(key)) for key in keys}
        states = {key: instance_state(obj) for key, obj in found.items() if obj is not None}
        return {key: state for key, state in states.items() if state.mapper.isa(target)}
    return {held(state, attributes) or (): state for state in objects.loaded(session, target, None)}


class _Collections:
    """The collections of an owner, and with a table between those of the related objects."""

    def __init__(
        self, session: Session, query: Query, link: Link, obj: Any, change: Change, known: Known
    ) -> None:
        self._session, self._query, self._link, self._obj = session, query, link, obj
        self._unknown = any(key not in known for key in change.added)
        self._new = dict.fromkeys([known[key] for key in change.added if key in known])
        self._gone = dict.fromkeys([known[key] for key in change.removed if key in known])
        self._stale: dict[RelationshipProperty[Any], list[InstanceState[Any]]] = {}

    def mend(self) -> None:
        owner = instance_state(self._obj)
        for relation in _loaded(self._link, owner):
            if self._is_of_members(relation) and not relation.order_by and not self._unknown:
                self._mend(owner, relation, self._new, self._gone)
            else:
                self._stale.setdefault(relation, []).append(owner)
        if self._link.between is not None:
            for state in {**self._new, **self._gone}:
                self._mend_other(state, owner)
        for relation, states in self._stale.items():
            _read_again(self._session, self._query, relation, [*dict.fromkeys(states)], [*self._new])

    def _is_of_members(self, relation: RelationshipProperty[Any]) -> bool:
        """Whether it is the relation itself, and no other way of looking at its rows."""
        link = self._link
        same = relation is link.hop.relation and (relation.secondary is None) is (link.between is None)
        return same and link.plain

    def _mend_other(self, state: InstanceState[Any], owner: InstanceState[Any]) -> None:
        """The collections of a related object."""
        back = self._link.hop.relation._reverse_property if self._link.hop.relation is not None else set()
        for relation in _loaded(self._link, state):
            plain = relation in back and relation.uselist and not relation.order_by
            if plain and relation.secondary is not None and self._link.plain and is_plain_between(relation):
                new = [owner] if state in self._new else []
                self._mend(state, relation, new, [] if new else [owner])
            else:
                self._stale.setdefault(relation, []).append(state)

    def _mend(
        self,
        state: InstanceState[Any],
        relation: RelationshipProperty[Any],
        new: Iterable[InstanceState[Any]],
        gone: Iterable[InstanceState[Any]],
    ) -> None:
        objects.altered(self._session, [state])
        members.change(state, relation.key, [each.obj() for each in gone], [each.obj() for each in new])


def _point(session: Session, link: Link, obj: Any, change: Change, known: Known) -> None:
    """Has related objects lead to their owner, or to nobody."""
    for keys, owner in ((change.added, obj), (change.removed, None)):
        for state in dict.fromkeys([known[key] for key in keys if key in known]):
            objects.altered(session, [state])
            for key in _ways_back(state.mapper, link):
                leads = isinstance(owner, state.mapper.relationships[key].mapper.class_)
                if leads or key in state.dict:
                    set_committed_value(state.obj(), key, owner if leads else None)


def _leave_others(session: Session, link: Link, obj: Any, moved: Sequence[Any]) -> None:
    """Takes rows that have come to an owner out of the collections of those that had them before."""
    gone = {id(each) for each in moved}
    for state in objects.loaded(session, link.hop.parent, None) if moved else ():
        if state.obj() is obj:
            continue
        for relation in _loaded(link, state):
            value = state.dict[relation.key]
            if relation.uselist and not gone.isdisjoint(map(id, collection_adapter(value))):
                objects.altered(session, [state])
                members.change(state, relation.key, moved, ())
            elif not relation.uselist and id(value) in gone:
                objects.altered(session, [state])
                set_committed_value(state.obj(), relation.key, None)


def _read_again(
    session: Session,
    query: Query,
    relation: RelationshipProperty[Any],
    states: Sequence[InstanceState[Any]],
    new: Sequence[InstanceState[Any]],
) -> None:
    """Reads a relation of objects by one statement, and puts what it finds into the collections they have."""
    models = [state.obj() for state in states]
    asked = whole(relation.parent.class_, query.names.zone)
    asked = asked.evolve(
        prefetches=(Prefetched(relation.key, whole(relation.mapper.class_, query.names.zone), _READ),),
        execution_options=query.execution_options,
        frame=asked.frame._replace(fetch_mode=mode_of(models[0])),
    )
    objects.altered(session, states)
    prefetch(session, models, asked)
    more = {id(state.obj()) for state in new}
    for state in states:
        found = vars(state.obj()).pop(_READ)
        if not relation.uselist:
            set_committed_value(state.obj(), relation.key, found)
            continue
        if is_partial(session, state, relation.key):
            # It has some of its rows only, and is not to have others now.
            mine = more | {id(each) for each in collection_adapter(state.dict[relation.key])}
            found = [each for each in found if id(each) in mine]
        members.put(state, relation.key, found)


def _loaded(link: Link, state: InstanceState[Any]) -> list[RelationshipProperty[Any]]:
    """The relations of an object that links decide, as far as it has something in them."""
    return [each for each in _relations(link, state.mapper) if _is_loaded(state, each)]


def _is_loaded(state: InstanceState[Any], relation: RelationshipProperty[Any]) -> bool:
    impl: Any = state.manager[relation.key].impl
    return relation.key in state.dict and impl.supports_population and relation.lazy != "noload"


@cached(4096)
def _relations(link: Link, mapper: Mapper[Any]) -> tuple[RelationshipProperty[Any], ...]:
    """The relations of a model that the same rows decide."""
    between = link.between
    if between is not None:
        return tuple(
            [
                each
                for each in mapper.relationships
                if each.secondary is between.table or each.mapper.local_table is between.table
            ]
        )
    own = {field.column for field in link.foreign}
    return tuple([each for each in mapper.relationships if _refers_by(each, own)])


def _refers_by(relation: RelationshipProperty[Any], columns: set[Column[Any] | None]) -> bool:
    """Whether rows at the end of a relation refer by some of these columns."""
    remote = {column._deannotate() for column in relation.remote_side}
    return relation.direction is RelationshipDirection.ONETOMANY and not remote.isdisjoint(columns)


@cached(4096)
def _ways_back(mapper: Mapper[Any], link: Link) -> tuple[str, ...]:
    """The to-one relations of related rows that the foreign key of a link decides."""
    own = {field.key for field in link.foreign}
    hops = [hop_of(mapper, relation.key) for relation in mapper.relationships]
    return tuple([hop.key for hop in hops if hop is not None and {*hop.remote.values()} == own])
