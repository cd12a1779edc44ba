"""What objects of a session had before work that may be undone, noted as each is first altered.

SQLAlchemy expires what a rolled back savepoint has altered, and does not say what that was. To copy all that
a session holds would tell, and cost each savepoint as much as there are objects; those that nothing alters
need no note.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

from sqlalchemy.orm import InstanceState, Session, SessionTransaction


class Note(NamedTuple):
    """What an object had."""

    state: InstanceState[Any]
    values: Mapping[str, Any]
    lost: frozenset[str]
    """Attributes that it may have had, which were expired when it was told of."""


class Notes:
    """What objects had when they were first altered since ``watch()``."""

    def __init__(self, session: Session) -> None:
        self._known: dict[InstanceState[Any], Note] = {}
        self._active = _active(session)
        self._active.append(self)

    def __iter__(self) -> Iterator[Note]:
        return iter([*self._known.values()])

    def keep(self, state: InstanceState[Any], *, late: bool = False) -> None:
        """Notes what an object has, unless that is known; ``late``, where it was altered already."""
        if state not in self._known:
            lost = frozenset(state.expired_attributes if late else ())
            self._known[state] = Note(state, {**state.dict}, lost)

    def end(self) -> None:
        """Notes nothing more."""
        if self in self._active:
            self._active.remove(self)


def watch(session: Session, transaction: SessionTransaction) -> Notes:
    """Notes on what is altered from now on, in a savepoint that has just begun: the caller ends them."""
    notes = Notes(session)
    begun: Any = transaction
    begun._dirty = _Altered(session)
    begun._new = _New(transaction)
    return notes


def note(session: Session, states: Iterable[InstanceState[Any]], *, late: bool = False) -> None:
    """Says of objects that they are about to be altered past SQLAlchemy's unit of work, or were."""
    modified = session.identity_map._modified
    if isinstance(modified, _Modified) and modified.active:
        for state in states:
            for each in modified.active:
                each.keep(state, late=late)


class _Modified(set[InstanceState[Any]]):
    """What SQLAlchemy has as modified: who comes in has still what he had."""

    def __init__(self, states: Iterable[InstanceState[Any]]) -> None:
        super().__init__(states)
        self.active: list[Notes] = []

    def add(self, state: InstanceState[Any]) -> None:
        for notes in self.active:
            notes.keep(state)
        super().add(state)


class _Altered(WeakKeyDictionary[InstanceState[Any], object]):
    """What SQLAlchemy has as altered in a savepoint, by a flush or by an UPDATE, or by one within it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

    def __setitem__(self, state: InstanceState[Any], value: object) -> None:
        note(self._session, (state,), late=True)
        super().__setitem__(state, value)

    def update(self, other: Any = (), /, **_: Any) -> None:
        note(self._session, other, late=True)
        super().update(other)


class _New(WeakKeyDictionary[InstanceState[Any], object]):
    """What is new in a savepoint. At its end SQLAlchemy copies that to what is around it, object by object;
    this takes the other's place instead, where it is the larger one.
    """

    def __init__(self, transaction: SessionTransaction) -> None:
        super().__init__()
        self._transaction: Any = transaction

    def items(self) -> Any:
        around = self._transaction._parent
        if around is None or len(around._new) > len(self):
            return super().items()
        older, around._new, self._transaction = around._new, self, around
        self.update(dict.fromkeys(older, True))
        return ()


def _active(session: Session) -> list[Notes]:
    identity_map: Any = session.identity_map
    if not isinstance(identity_map._modified, _Modified):
        identity_map._modified = _Modified(identity_map._modified)
    return cast("_Modified", identity_map._modified).active
