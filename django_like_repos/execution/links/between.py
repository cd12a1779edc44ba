"""Rows of the table between two ends of a relation: made, deleted, read, each in one statement."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.sql.elements import ClauseElement

from django_like_repos.clauses.filtering import whole
from django_like_repos.errors import DoesNotExist
from django_like_repos.execution import objects
from django_like_repos.execution.bulk.feeds import fed
from django_like_repos.execution.conflicts import violation_of
from django_like_repos.execution.gone import forgetting
from django_like_repos.execution.shards import connections, refuse_shards, translated
from django_like_repos.mapping.links import Between, Link
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query
from django_like_repos.query.telling import told_value
from django_like_repos.statements import links as statements
from django_like_repos.statements.feeds import FedColumn, Source
from django_like_repos.statements.links import Key, Values

_KEYS: Final = 10_000
"""Keys of one statement."""


def insert(
    session: Session,
    query: Query,
    link: Link,
    values: Values,
    keys: Sequence[Key],
    given: Mapping[str, Any],
    *,
    new: bool,
) -> None:
    """Links an owner to rows, but for those that it is linked to; ``new``, where it was to none of them.

    Raises DoesNotExist for rows that cannot be of the related model, or of this owner.
    """
    between = _between(link)
    _check_shared(query, link, values, keys)
    with _connection(session, query, link) as connection:
        _check_model(connection, query, link, keys)
        dialect = connection.dialect
        for some in _pieces(keys):
            if not between.unique and dialect.name == "postgresql":
                # Nothing else keeps two transactions from making the same link.
                connection.execute(statements.locking(link, values, dialect, some))
            if _left(between, given, of_rows=True):
                there = [] if new and between.unique else _read(connection, link, values, some)
                _insert_rows(connection, link, values, [key for key in some if key not in {*there}], given)
                continue
            every = {**_defaults(between, given), **given}
            columns = [FedColumn(each.key, each.type) for each in between.far]

            def say(source: Source, dialect: Dialect = dialect, every: Mapping[str, Any] = every) -> Any:
                return statements.linking(link, values, source, every, dialect)

            for _ in fed(connection, columns, some, say):
                pass


def _insert_rows(
    connection: Connection, link: Link, values: Values, keys: Sequence[Key], given: Mapping[str, Any]
) -> None:
    """The same of a table where Python says what each row has besides."""
    between = _between(link)
    near = {column.key: values[name] for column, name in zip(between.near, link.owned, strict=True)}
    far = [column.key for column in between.far]
    said = {name: value for name, value in given.items() if isinstance(value, ClauseElement)}
    plain = {name: value for name, value in given.items() if name not in said}
    rows = [{**plain, **near, **dict(zip(far, key, strict=True))} for key in sorted_keys(keys)]
    if rows:
        insert = statements.insert_into(link, connection.dialect)
        insert = insert.values(said) if said else insert
        connection.execute(statements.undisturbed(link, insert), rows)


def sorted_keys(keys: Sequence[Key]) -> list[Key]:
    """Keys in the same order for everybody, so that nobody waits for one who waits for him."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=repr)


def delete(
    session: Session, query: Query, link: Link, values: Values, keys: Sequence[Key] | None, *, tells: bool
) -> list[Key]:
    """Takes away links of an owner: all, or those to some rows; their keys, if they are to be told."""
    between = _between(link)
    mapper = between.mapper
    columns = list(dict.fromkeys([*between.far, *(mapper.primary_key if mapper is not None else ())]))
    gone: list[Any] = []
    found: list[Key] = []
    with _connection(session, query, link) as connection, _forgetting(session, query, mapper, gone):
        for some in [None] if keys is None else _pieces(keys):
            returned = columns if tells else ()
            statement = statements.unlinking(link, values, connection.dialect, some, returned)
            rows = connection.execute(statement)
            for row in rows.all() if tells else ():
                of_row = dict(zip(columns, row, strict=True))
                found.append(tuple([of_row[column] for column in between.far]))
                if mapper is not None:
                    gone.append(objects.key_in([of_row[column] for column in mapper.primary_key]))
    return list(dict.fromkeys(found))


@contextmanager
def _forgetting(
    session: Session, query: Query, mapper: Mapper[Any] | None, keys: list[Any]
) -> Iterator[None]:
    """A block after which the session holds no objects of deleted links."""
    if mapper is None:
        yield
        return
    own = whole(mapper.class_, query.names.zone).evolve(execution_options=query.execution_options)
    with forgetting(session, own, mapper, keys):
        yield
        session._remove_newly_deleted(objects.loaded(session, mapper, keys))


def linked(session: Session, query: Query, link: Link, values: Values) -> list[Key]:
    """The keys of all rows that an owner is linked to."""
    with _connection(session, query, link) as connection:
        return list(dict.fromkeys(_read(connection, link, values, None)))


def _read(connection: Connection, link: Link, values: Values, keys: Sequence[Key] | None) -> list[Key]:
    statement = statements.linked_keys(link, values, connection.dialect, keys)
    return [tuple(row) for row in connection.execute(statement)]


def tell_missing(
    session: Session, query: Query, link: Link, keys: Sequence[Key], error: IntegrityError
) -> None:
    """Adds to the error of a foreign key which rows are not there, that links were to lead to."""
    if violation_of(error).kind != "foreign_key" or not session.is_active:
        return
    with _connection(session, query, link) as connection:
        missing = _missing(connection, link, keys)
    if missing:
        name = link.target.class_.__name__
        error.add_note(f"{link} was to lead to rows of {name} that are not there: {_told(query, missing)}")


def _missing(connection: Connection, link: Link, keys: Sequence[Key]) -> list[Key]:
    """Those of some keys that no row of the related model has."""
    columns = [getattr(link.target.class_, field.key) for field in link.keys]
    there = {
        tuple(row)
        for some in _pieces(keys)
        for row in connection.execute(
            select(*columns).where(statements.is_among(connection.dialect, columns, some))
        )
    }
    return [key for key in keys if key not in there]


def _told(query: Query, keys: Sequence[Key]) -> str:
    told = ", ".join([told_value(objects.key_in(key), shown=query.settings.shown) for key in keys[:5]])
    return f"{told} and {len(keys) - 5} more" if len(keys) > 5 else told


def _check_model(connection: Connection, query: Query, link: Link, keys: Sequence[Key]) -> None:
    """Raises DoesNotExist for rows of another class of a hierarchy, which no foreign key tells apart."""
    missing = _missing(connection, link, keys) if link.narrows else []
    if missing:
        name = link.target.class_.__name__
        raise DoesNotExist(f"add() of {link}: there is no such {name}: {_told(query, missing)}")


def _check_shared(query: Query, link: Link, values: Values, keys: Sequence[Key]) -> None:
    """Raises DoesNotExist for rows that differ from the owner in a column that refers to both of them."""
    between = _between(link)
    own = dict(zip(between.near, [values[name] for name in link.owned], strict=True))
    shared = [(at, own[column]) for at, column in enumerate(between.far) if column in own]
    others = [key for key in keys if any(key[at] != value for at, value in shared)] if shared else []
    if others:
        name, columns = link.target.class_.__name__, [each.name for each in between.far if each in own]
        raise DoesNotExist(
            f"add() of {link}: {between.table.name}.{' and '.join(columns)} refers to both ends, and no such "
            f"{name} can be there: {_told(query, others)}"
        )


@contextmanager
def _connection(session: Session, query: Query, link: Link) -> Iterator[Connection]:
    """The session's connection, in the schema that the query asks in."""
    refuse_shards(session, f"related rows of {link}")
    mapper = mapper_of(link.hop.parent.class_)
    with translated(session, mapper, query):
        (connection,) = connections(session, mapper)
        yield connection


def _left(between: Between, given: Mapping[str, Any], *, of_rows: bool) -> list[Column[Any]]:
    """The columns that get a default; ``of_rows``: by a function that Python calls for each row."""
    ends = {*between.near, *between.far}
    left = [column for column in between.table.columns if column.key not in given and column not in ends]
    return [each for each in left if each.default is not None and each.default.is_callable is of_rows]


def _defaults(between: Between, given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults that are the same for each row, as values or SQL."""
    found: dict[str, Any] = {}
    for column in _left(between, given, of_rows=False):
        default: Any = column.default
        found[column.key] = default.next_value() if default.is_sequence else default.arg
    return found


def _pieces(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(keys), _KEYS):
        yield keys[start : start + _KEYS]


def _between(link: Link) -> Between:
    assert link.between is not None
    return link.between
