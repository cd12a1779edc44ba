"""Every exception of the library: floor 0, imported by all, importing none of it.

RepositoryError
├── QueryError                    the chain itself is wrong; raised on the line that wrote it
│   ├── UnknownFieldError         also a LookupError
│   ├── UnknownLookupError        also a LookupError
│   ├── NameNotAllowedError       also a LookupError
│   ├── InvalidLookupValueError   also a ValueError
│   │   └── InvalidConditionError  of conditions and orders that are plain data
│   ├── InvalidCursorError        also a ValueError
│   └── UnsupportedOperationError also a TypeError
├── ResultError                   the query ran; its answer is not what the caller asked for
│   ├── DoesNotExist              also sqlalchemy.exc.NoResultFound
│   ├── MultipleObjectsReturned   also sqlalchemy.exc.MultipleResultsFound
│   └── StaleObjectError          its row has another version; also sqlalchemy.orm.exc.StaleDataError
├── TransactionError              a transaction ended otherwise than its code says
│   ├── RolledBackError           a block that seemed to succeed was undone
│   └── OnCommitError             a callback failed, and what was committed is kept
├── ViolationError                a constraint refused a bulk write; also sqlalchemy.exc.IntegrityError
├── DatabaseLockedError           SQLite let a transaction not write; also sqlalchemy.exc.OperationalError
└── NotLoadedError                what was read is not loaded; also sqlalchemy.exc.MissingGreenlet
    └── DetachedError             its session has ended; also sqlalchemy.orm.exc.DetachedInstanceError

Other errors of the database keep their SQLAlchemy class. ``UnorderedPageWarning`` is the one warning.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from sqlalchemy.exc import (
    IntegrityError,
    MissingGreenlet,
    MultipleResultsFound,
    NoResultFound,
    OperationalError,
)
from sqlalchemy.orm.exc import DetachedInstanceError, StaleDataError


class RepositoryError(Exception):
    """Base of every exception that this library raises."""


class QueryError(RepositoryError):
    """A query was described wrongly; nothing was sent to the database."""


class UnknownFieldError(QueryError, LookupError):
    """A name in a path is no attribute of the model it is looked up on (Django: ``FieldError``)."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.model, self.path, self.part, self.known)

    def __init__(self, model: str, path: str, part: str, known: Iterable[str]) -> None:
        self.model = model
        self.path = path
        self.part = part
        self.known = tuple(sorted(known))
        within = "" if path == part else f" (in {shortened(path)})"
        super().__init__(
            f"{model} has no field {shortened(part)}{within}{_way_out(part, self.known)} "
            f"{model} has: {', '.join(self.known)}"
        )


class UnknownLookupError(QueryError, LookupError):
    """What follows a field in a path is no registered lookup (Django: ``FieldError``)."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.field, self.path, self.part, self.known)

    def __init__(self, field: str, path: str, part: str, known: Iterable[str]) -> None:
        self.field = field
        self.path = path
        self.part = part
        self.known = tuple(sorted(known))
        super().__init__(
            f"{shortened(part)} is no lookup of {field} (in {shortened(path)}){_way_out(part, self.known)} "
            f"Lookups: {', '.join(self.known)}"
        )


class NameNotAllowedError(QueryError, LookupError):
    """A name that came from outside, and is none of those that were allowed. It lists no others."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name,)

    def __init__(self, name: Any) -> None:
        self.name = name
        super().__init__(f"{shortened(name)} is not allowed here: the names that are stand in 'allow'")


class InvalidLookupValueError(QueryError, ValueError):
    """A value cannot be compared with, or stored in, the field it was given for."""

    expected: str | None = None
    """What is taken there instead, in words that name no field, where that is known."""


class InvalidConditionError(InvalidLookupValueError):
    """Conditions, or an order, that were given as plain data say nothing that can be asked.

    ``place`` is where, keys and indexes from the outside in, and ``why`` what is wrong there.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.place, self.why)

    def __init__(self, place: tuple[str | int, ...], why: str) -> None:
        self.place = place
        self.why = why
        super().__init__(f"{'.'.join(map(str, place))}: {why}")


class InvalidCursorError(QueryError, ValueError):
    """A cursor that is none of ours: changed, too old, or made for another query or with another secret."""


class UnsupportedOperationError(QueryError, TypeError):
    """Calls, arguments or states that do not go together (Django: ``TypeError``)."""


class ResultError(RepositoryError):
    """A query ran and its answer is not what the caller asked for."""


class DoesNotExist(ResultError, NoResultFound):
    """``get()`` found no row, or there is none of an object that was to be written."""


class MultipleObjectsReturned(ResultError, MultipleResultsFound):
    """``get()`` or ``get_one_or_none()`` found more than one row."""


class StaleObjectError(ResultError, StaleDataError):
    """An object was to be stored whose row somebody has changed since it was read."""


class TransactionError(RepositoryError):
    """A transaction ended otherwise than its code says."""


class RolledBackError(TransactionError):
    """Nothing was kept of a block that came to its end (Django rolls it back and says nothing)."""


class OnCommitError(TransactionError):
    """A callback of ``on_commit()`` failed; what was committed is kept, and not to be done again."""


class ViolationError(RepositoryError, IntegrityError):
    """A constraint of the database refused a row of a bulk write, and nothing of it was kept.

    ``kind`` is "unique", "exclusion", "foreign_key", "not_null", "check" or None; ``constraint`` and
    ``table`` what the database calls them; ``fields`` the attributes of the model, and ``columns`` theirs in
    the table; ``values`` what PostgreSQL says of the values. What a database does not tell is None, or empty.
    """

    code = ""

    def __reduce__(self) -> tuple[Any, ...]:
        parts = self.why, self.kind, self.table, self.constraint, self.fields, self.columns, self.values
        return _violation, (parts, self.statement, self.params, self.orig, self.hide_parameters)

    def __init__(
        self,
        why: str,
        error: IntegrityError,
        *,
        kind: str | None = None,
        table: str | None = None,
        constraint: str | None = None,
        fields: tuple[str, ...] = (),
        columns: tuple[str, ...] = (),
        values: str | None = None,
    ) -> None:
        orig: Any = error.orig
        super().__init__(error.statement, error.params, orig, error.hide_parameters)
        self.connection_invalidated = error.connection_invalidated
        self.why = why
        self.kind = kind
        self.table = table
        self.constraint = constraint
        self.fields = fields
        self.columns = columns
        self.values = values
        # What the others have is the driver's own text.
        self.args = (why,)


def _violation(parts: tuple[Any, ...], *error: Any) -> ViolationError:
    why, kind, table, constraint, fields, columns, values = parts
    return ViolationError(
        why,
        IntegrityError(*error),
        kind=kind,
        table=table,
        constraint=constraint,
        fields=fields,
        columns=columns,
        values=values,
    )


class DatabaseLockedError(RepositoryError, OperationalError):
    """SQLite lets one transaction write at a time, and this one was not let in; run again it may be."""

    code = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.why, self.statement, self.params, self.orig, self.hide_parameters)

    def __init__(
        self, why: str, statement: str | None, params: Any, orig: BaseException, hide_parameters: bool
    ) -> None:
        super().__init__(statement, params, orig, hide_parameters)
        self.why = why
        # What the others have is the driver's own text.
        self.args = (why,)


class NotLoadedError(RepositoryError, MissingGreenlet):
    """An attribute was read that the query had not loaded, where nothing can be awaited.

    No AttributeError, which pydantic and others take for a field that is missing.
    """

    code = ""
    """None of SQLAlchemy's, whose page about it says nothing of the way out."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.model, self.attribute, self.why)

    def __init__(self, model: str, attribute: str, why: str) -> None:
        self.model = model
        self.attribute = attribute
        self.why = why
        super().__init__(f"{model}.{attribute} {why}")


class DetachedError(NotLoadedError, DetachedInstanceError):
    """The same of an object whose session has ended."""

    code = ""


class UnorderedPageWarning(RuntimeWarning):
    """Pages of rows that have no total order may repeat rows and miss others."""


MOST_SHOWN: Final = 200
"""Characters of a name that an error shows."""


def shortened(name: Any) -> str:
    """A name as an error shows it: in quotation marks, and not more of it than one can read."""
    if not isinstance(name, str) or len(name) <= MOST_SHOWN:
        return repr(name)
    return f"{name[:MOST_SHOWN]!r}… ({len(name)} characters)"


def _way_out(part: str, known: Iterable[str]) -> str:
    close = get_close_matches(part, list(known), n=3) if len(part) <= MOST_SHOWN else []
    if not close:
        return "."
    return f": did you mean {' or '.join(map(repr, close))}?"
