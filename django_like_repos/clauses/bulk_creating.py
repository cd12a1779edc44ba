"""``bulk_create()``: its arguments, and values read column by column, each refusal naming the row's place."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from sqlalchemy import JSON
from sqlalchemy.sql.elements import Null
from sqlalchemy.types import TypeEngine

from django_like_repos.clauses.storing import are_plain, column_of, plain_of, stored
from django_like_repos.errors import InvalidLookupValueError, QueryError, UnsupportedOperationError
from django_like_repos.language.kinds import is_computed, is_json_null
from django_like_repos.query import Names

VERB: Final = "bulk_create"

Places = Sequence[Any]
"""Where each row stands in what was given, as it is told: a number, or the way to what came along."""


class ComputedError(Exception):
    """A value is SQL, which is made into the statement of its row."""


def checked_rows(model: type[Any], values: Any, verb: str = VERB) -> Iterable[Any]:
    """What is to be created. Raises UnsupportedOperationError for what is no list of rows."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        takes = f"a list of dicts and instances of {model.__name__}"
        raise UnsupportedOperationError(f"{verb}() takes {takes}, not {values!r}")
    return values


def checked_progress(on_progress: Callable[..., Any] | None) -> None:
    """Raises UnsupportedOperationError for what cannot be called."""
    if on_progress is not None and not callable(on_progress):
        raise UnsupportedOperationError(
            f"on_progress= takes a function, which is told what is done, not {on_progress!r}"
        )


def check_row(model: type[Any], place: object, value: Any) -> None:
    """Raises UnsupportedOperationError for what is neither a dict nor an instance."""
    if not isinstance(value, (Mapping, model)):
        refuse(place, f"it takes dicts and instances of {model.__name__}, not {value!r}")


def check_names(values: Mapping[Any, Any]) -> None:
    """Raises UnsupportedOperationError for a dict whose keys are no names."""
    for name in values:
        if not isinstance(name, str):
            raise UnsupportedOperationError(f"{VERB}(): a dict has the names of fields, not {name!r}")


def check_once(model: type[Any], values: Sequence[Any], places: Places, verb: str = VERB) -> None:
    """Raises UnsupportedOperationError where an instance is there twice; a dict may be."""
    ids = [id(value) for value in values if isinstance(value, model)]
    if len({*ids}) == len(ids):
        return
    seen: dict[int, object] = {}
    for place, value in zip(places, values, strict=True):
        if id(value) in seen and isinstance(value, model):
            refuse(place, f"this {type(value).__name__} is row {seen[id(value)]} too", verb)
        seen[id(value)] = place


def refuse(place: object, said: str, verb: str = VERB) -> NoReturn:
    """Raises UnsupportedOperationError that names the place of a row."""
    raise UnsupportedOperationError(f"{verb}(), row {place}: {said}")


@contextmanager
def at_place(place: object) -> Iterator[None]:
    """A block whose refusals name the place of a row."""
    try:
        yield
    except QueryError as error:
        error.args = (f"{error} (row {place})",)
        raise


def places_from(first: int, count: int) -> Places:
    """The places of rows that were given themselves, of which the first has this one."""
    return range(first, first + count)


def read_column(
    names: Names, key: str, type_: TypeEngine[Any], values: Sequence[Any], places: Places
) -> Sequence[Any]:
    """The values of a column, as ``create()`` reads them; the same list where all are the usual ones.

    Raises InvalidLookupValueError, which names the row, and ComputedError.
    """
    target = column_of(names, VERB, key)
    if target is None or are_plain(type_, values):
        return values
    is_plain = plain_of(type_)
    found: list[Any] = []
    for at, value in enumerate(values):
        if value is None or type(value) is Null or is_plain(value):
            found.append(value)
        elif is_json_null(value):
            found.append(JSON.NULL)
        elif is_computed(value):
            raise ComputedError
        else:
            try:
                found.append(stored(target, value)[0])
            except QueryError:
                with at_place(places[at]):
                    raise
    return found


def check_required(model: type[Any], told: str, values: Sequence[Any], places: Places) -> None:
    """Raises InvalidLookupValueError where a column that has to have a value has none."""
    if type(None) in {*map(type, values)}:
        place = places[next(at for at, value in enumerate(values) if value is None)]
        raise InvalidLookupValueError(
            f"{model.__name__}: {VERB}({told}=None): the column takes no NULL, has no default (row {place})"
        )


def check_keys_once(
    model: type[Any], keys: Sequence[Any], places: Places, known: dict[Any, Any] | None, *, shown: bool
) -> None:
    """Raises UnsupportedOperationError where two rows have one primary key; None is none yet.

    ``known`` are the places of keys that were looked at before, to which these are added.
    """
    own = {*keys}
    if None not in own and len(own) == len(keys) and own.isdisjoint(known or ()):
        if known is not None:
            known.update(zip(keys, places, strict=True))
        return
    seen = {} if known is None else known
    for at, key in enumerate(keys):
        if key is None:
            continue
        if key in seen:
            told = f" {', '.join(map(repr, key))}" if shown else ""
            refuse(places[at], f"the key{told} is that of row {seen[key]} too")
        seen[key] = places[at]
