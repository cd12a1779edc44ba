"""Prefetching: for which models related rows are asked, by what keys, and how the rows are put under them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import InstanceState, Session
from sqlalchemy.orm.attributes import instance_state

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.collections import is_partial, mark
from django_like_repos.execution.refreshing import load_columns
from django_like_repos.language.lookups.membership import list_shape
from django_like_repos.mapping.models import Hop, hop_of, mapper_of, subclass_of
from django_like_repos.mapping.options import criteria
from django_like_repos.mapping.owners import Ownership, ownership_of
from django_like_repos.query import Clause, Prefetched, Query
from django_like_repos.query.shapes import Owned


def beside(query: Query, related: Query) -> Query:
    """The query of what is related, under all that holds for every statement of the one it is loaded for.

    That is its execution options, such as schemas, SQLAlchemy's criteria, and its fetch mode, unless the
    query of what is related has its own.
    """
    settings, frame = query.settings, query.frame
    if settings.execution_options:
        merged = {**settings.execution_options, **related.execution_options}
        related = related.evolve(execution_options=merged)
    if settings.loaders or settings.volatile:
        loaders = (*criteria(settings.loaders), *related.settings.loaders)
        volatile = (*criteria(settings.volatile), *related.settings.volatile)
        foreign = related.foreign or bool(loaders or volatile)
        related = related.evolve(loaders=loaders, volatile=volatile, foreign=foreign)
    if frame.fetch_mode is not None and related.frame.fetch_mode is None:
        related = related.evolve(frame=related.frame._replace(fetch_mode=frame.fetch_mode))
    return related


def needed_by(query: Query) -> list[str]:
    """The attributes of the models of a query by which what it prefetches is found."""
    mapper = mapper_of(query.model)
    hops = [hop_of(mapper, each.relation) for each in query.settings.prefetches]
    return [name for hop in hops if hop is not None for name in ownership_of(hop).attributes]


def owned_by(query: Query, ownership: Ownership, keys: list[Any]) -> Query:
    """The query of those rows of another that belong to the owners of these keys; each row with its key."""
    owned = Owned(ownership, list_shape(keys))
    frame = query.frame._replace(owned=owned)
    # Of nothing left out there need be no word in the SQL.
    row = "owned" if query.row == "model" else "owned values"
    return query.evolve(frame=frame, offset=query.offset or None, last=Clause(None, (keys,)), row=row)


class Filling:
    """One relation of many models, being filled."""

    def __init__(
        self, session: Session, model: type[Any], prefetched: Prefetched, models: Iterable[Any], *, anew: bool
    ) -> None:
        """``anew``: also where the relation is loaded already."""
        self._session = session
        self._prefetched = prefetched
        mapper = mapper_of(model)
        hop = hop_of(mapper, prefetched.relation) or subclass_of(mapper, prefetched.relation)
        assert hop is not None
        self._hop: Hop = hop
        owner = hop.target.class_ if hop.relation is None else hop.parent.class_
        # Several rows may be of one model.
        self._models = list({id(each): each for each in models if isinstance(each, owner)}.values())
        self._owners: list[tuple[Any, Any]] = []
        self.keys: list[Any] = []
        """Of the owners whose rows have to be asked for."""
        if hop.relation is not None:
            self.ownership = ownership_of(hop)
            self._find_owners(anew=anew)

    def _find_owners(self, *, anew: bool) -> None:
        attributes = self.ownership.attributes
        several = len(attributes) > 1
        wanted: dict[Any, None] = {}
        wanting = [each for each in self._models if anew or self._is_wanting(instance_state(each))]
        lacking = [each for each in wanting if any(name not in vars(each) for name in attributes)]
        if lacking:
            load_columns(self._session, self._hop.parent.class_, lacking, attributes)
        for model in wanting:
            # What is not there now either is of a row that is gone.
            values = tuple([vars(model).get(name) for name in attributes])
            key = values if several else values[0]
            self._owners.append((model, key))
            if None not in values:
                wanted[key] = None
        self.keys = list(wanted)
        if self._owners and not self.keys:
            self.fill(())

    def _is_wanting(self, state: InstanceState[Any]) -> bool:
        """Whether an object's related rows have to be loaded. Raises UnsupportedOperationError."""
        key = self._hop.key
        assert self._hop.relation is not None
        if self._prefetched.attribute is not None or key not in state.dict:
            return True
        if self._hop.relation.lazy == "noload":
            # It is there, and empty, with every row.
            return key not in state.committed_state
        wanting = self._prefetched.own or is_partial(self._session, state, key)
        if wanting and key in state.committed_state:
            raise UnsupportedOperationError(
                f"{self._hop!r} of {state.obj()!r} was changed and not flushed: flush the session before, or "
                "load it into an attribute by Prefetch(to_attr=…)"
            )
        return wanting

    def fill(self, rows: Sequence[tuple[Any, Any]]) -> None:
        """Puts rows, each with the key of its owner, under their owners."""
        assert self._hop.relation is not None
        of_owner: defaultdict[Any, list[Any]] = defaultdict(list)
        for model, key in rows:
            of_owner[key].append(model)
        several = bool(self._hop.relation.uselist)
        attribute, key = self._prefetched.attribute, self._hop.key
        for owner, known in self._owners:
            found = of_owner.get(known, [])
            if self.ownership.repeats:
                found = [*dict.fromkeys(found)]
            self._lead_back(found, owner)
            value: Any = found if several else found[0] if found else None
            if attribute is not None:
                # Some classes take no attributes that they do not know.
                vars(owner)[attribute] = value
            else:
                _commit(instance_state(owner), key, value, several=several)
        if attribute is None:
            states = [instance_state(owner) for owner, _ in self._owners]
            mark(self._session, states, key, partial=self._prefetched.partial)

    def _lead_back(self, found: Sequence[Any], owner: Any) -> None:
        """Lets models know their owner, where they do not yet: as in Django, that is not to be asked for."""
        way = self.ownership.way_back
        if way is None:
            return
        for model in found:
            if way not in vars(model) and not instance_state(model).modified:
                vars(model)[way] = owner

    def related(self) -> list[Any]:
        """What the relation has now, of all models."""
        if self._hop.relation is None:
            return self._models
        found: list[Any] = []
        for model in self._models:
            value = vars(model).get(self._prefetched.name)
            found += _members(value) if self._hop.relation.uselist else [] if value is None else [value]
        return found


def _commit(state: InstanceState[Any], key: str, value: Any, *, several: bool) -> None:
    """Gives an object what a relation has, as it is stored."""
    if several or state.committed_state or state.expired_attributes or state.callables:
        impl: Any = state.manager[key].impl
        impl.set_committed_value(state, state.dict, value)
    else:
        # Nothing is known of it that would have to be forgotten.
        state.dict[key] = value


def _members(collection: Any) -> Iterable[Any]:
    adapter = getattr(collection, "_sa_adapter", None)
    return list(collection or ()) if adapter is None else list(adapter)
