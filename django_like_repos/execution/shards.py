"""Sessions of several databases: the ``ShardedSession``, whose choosers want an object or a statement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.ext.horizontal_shard import ShardedSession
from sqlalchemy.orm import Mapper, Session

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query


def bind_of(session: Session, mapper: Mapper[Any]) -> Engine | Connection:
    """What the session asks for a model; of several databases the first, which all are of one kind."""
    if isinstance(session, ShardedSession):
        first: Engine | Connection = next(iter(_shards(session).values()))
        return first
    # Of replicas the primary speaks, and nobody concludes that it is written to.
    ask: Callable[[Any], Engine | Connection] = getattr(session, "bind_for_plans", session.get_bind)
    return ask(mapper)


def is_sqlite(session: Session, mapper: Mapper[Any]) -> bool:
    """Whether the database that the session asks for a model is SQLite."""
    return bind_of(session, mapper).dialect.name == "sqlite"


def connections(session: Session, mapper: Mapper[Any]) -> list[Connection]:
    """The connections on which objects of a model may be written."""
    places = [{"shard_id": shard} for shard in _shards(session)] or [{}]
    return [session.connection(bind_arguments={"mapper": mapper, **place}) for place in places]


def is_sharded(session: Session) -> bool:
    """Whether a session asks several databases for one model."""
    return isinstance(session, ShardedSession)


def refuse_shards(session: Session, what: str) -> None:
    """Raises UnsupportedOperationError for what cannot be asked of several databases at once."""
    if is_sharded(session):
        raise UnsupportedOperationError(
            f"{what} cannot be asked of several shards: set_shard_id() chooses one for an aggregate, "
            "and a session of one shard does the rest"
        )


@contextmanager
def translated(session: Session, mapper: Mapper[Any], query: Query) -> Iterator[None]:
    """Flushes that write in the schemas that the query's ``schema_translate_map`` names."""
    if "schema_translate_map" not in query.execution_options:
        yield
        return
    used = connections(session, mapper)
    before = [connection.get_execution_options().get("schema_translate_map") for connection in used]
    for connection in used:
        connection.execution_options(schema_translate_map=query.execution_options["schema_translate_map"])
    try:
        yield
    finally:
        for connection, translation in zip(used, before, strict=True):
            connection.execution_options(schema_translate_map=translation)


def _shards(session: Session) -> dict[Any, Any]:
    shards: dict[Any, Any] = {}
    if isinstance(session, ShardedSession):
        shards = getattr(session, "_ShardedSession__shards")  # noqa: B009 - the name is mangled
    return shards
