"""The guard of marked objects: reading what they have not loaded raises what says the way out.

SQLAlchemy reads an attribute that is not there by ``_fire_loader_callables`` of its implementation, whatever
the reason: a lazy relation, a deferred column, an expired one. That one method is overridden, by giving the
implementations of a mapping a class of the same layout. It is on no other way: a value that is there, a row
that is loaded and an object that is made never meet it.

Public ways were tried. A listener to ``do_orm_execute`` knows such loads too, but has to be on every session
and costs each statement some microseconds; it does not see objects without a session. A loader strategy of
one's own, or ``raiseload("*")``, costs for each relation of each row, and refuses in greenlets too.

Left alone: whatever runs in a greenlet (``run_sync``, ``awaitable_attrs``, a flush), sessions that are not
asynchronous, objects without a mark. What SQLAlchemy answers or refuses without asking the database,
``lazy="raise"`` for one, it goes on to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn
from weakref import WeakKeyDictionary

from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import async_session
from sqlalchemy.orm import InstanceState, Mapper, PassiveFlag, Session
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.orm.interfaces import CompileStateOption
from sqlalchemy.util.concurrency import in_greenlet

from django_like_repos.caching import cached_by_class
from django_like_repos.mapping.not_loaded import detached, not_loaded


class Mark(CompileStateOption):
    """An option of a statement whose objects are guarded.

    SQLAlchemy hands it to each object in place of an empty tuple of options, which costs nothing; and asks it
    once for each statement that it compiles, which is when the mapping gets its guards.
    """

    propagate_to_loaders = True
    guards = True
    """Whether reading what is not loaded is refused."""

    def process_compile_state(self, compile_state: Any) -> None:
        """Guards the mappings of what a statement selects (``CompileStateOption``)."""
        for described in getattr(compile_state.select_statement, "column_descriptions", ()):
            if described["entity"] is not None:
                guard(inspect(described["entity"]).mapper)


def mark_of(state: InstanceState[Any]) -> Mark | None:
    """The mark that the query left which loaded an object."""
    for option in state.load_options:
        if isinstance(option, Mark) and option.guards:
            return option
    return None


def guard(mapper: Mapper[Any]) -> None:
    """Guards the attributes of a mapping, and of those that relations may lead to."""
    registries = [mapper.registry]
    for registry in registries:
        for each in registry.mappers:
            # Those of a later mapping may have given this one relations back.
            if _GUARDED.get(each) == len(each.attrs):
                continue
            _GUARDED[each] = len(each.attrs)
            for key in (*each.column_attrs.keys(), *each.relationships.keys()):
                # Of a class that is not concrete, what only others of the union have is no attribute.
                impl = getattr(each.class_manager.get(key), "impl", None)
                if impl is not None and not isinstance(impl, _Guarded):
                    impl.__class__ = _guarded(type(impl))
            apart = {relation.mapper.registry for relation in each.relationships}
            registries += apart.difference(registries)


@cached_by_class(4096)
def guard_once(mapper: Mapper[Any]) -> None:
    """The same for what compiles no statement of its own, at the cost of a look."""
    guard(mapper)


_GUARDED: Final[WeakKeyDictionary[Mapper[Any], int]] = WeakKeyDictionary()


class _Guarded:
    """What a guarded attribute does where its value is not there."""

    __slots__ = ()

    def _fire_loader_callables(self, state: InstanceState[Any], key: str, passive: PassiveFlag) -> Any:
        load: Any = super()._fire_loader_callables  # type: ignore[misc]
        if not passive & PassiveFlag.SQL_OK or mark_of(state) is None:
            return load(state, key, passive)
        session = state.session
        if session is None:
            try:
                return load(state, key, passive)
            except DetachedInstanceError:
                raise detached(state, key) from None
        if in_greenlet() or async_session(session) is None:
            return load(state, key, passive)
        with _refused(session, state, key):
            return load(state, key, passive)


@cached_by_class(64)
def _guarded(impl: type[Any]) -> type[Any]:
    return type(f"Guarded{impl.__name__}", (_Guarded, impl), {"__slots__": ()})


@contextmanager
def _refused(session: Session, state: InstanceState[Any], key: str) -> Iterator[None]:
    """A session that asks the database nothing: it would have to await the answer.

    The session's own ``execute()`` is covered, so that whatever is said without it is said as ever.
    """

    def execute(*args: Any, **kwargs: Any) -> NoReturn:
        raise not_loaded(state, key)

    own = vars(session)
    before = own.get("execute")
    own["execute"] = execute
    try:
        yield
    finally:
        if before is None:
            del own["execute"]
        else:
            own["execute"] = before
