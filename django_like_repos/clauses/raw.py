"""``raw()``: SQL of the user's own, whose parameters are bound by name, and nothing else is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

from sqlalchemy import ClauseElement, inspect
from sqlalchemy.orm import InstanceState

from django_like_repos.clauses.schemas import checked_schema, refuse_mapped
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.kinds import is_expression
from django_like_repos.query import is_queryset
from django_like_repos.query.raw import RawQuery

CALL: Final = "raw"

_ASIDE: Final = re.compile(
    r"\b[eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' |"
    r"\"(?:[^\"]|\"\")*\" | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$",
    re.DOTALL | re.VERBOSE,
)
"""What of SQL is text, a quoted name or a comment."""
_COLON: Final = re.compile(r"(?<![:\w\x5c])(?=:\w+(?![:\w]))")
"""Before what SQLAlchemy takes for a parameter, wherever it stands."""
_NAME: Final = re.compile(r"(?<![:\w$\x5c]):(\w+)(?![:\w$])")
_PLACEHOLDER: Final = re.compile(r"%(?:\(\w+\))?s\b|\$\d+")
_BY_NAME: Final = f"{CALL}('SELECT … WHERE id = :id', {{'id': 1}})"
LISTS: Final = (list, tuple, set, frozenset)
_BIGGEST: Final = 2**63
"""Beyond the integers of both databases."""

_ARRAYS: Final = ((r"\bNOT\s+IN", "<> ALL('{}')"), (r"\bIN", "= ANY('{}')"))
_BARE: Final = ((r"\bIN", "IN ()"),)


def raw_query(sql: Any, params: Any, into: Any) -> RawQuery:
    """What ``raw()`` is asked for. Raises UnsupportedOperationError for what cannot be asked or bound."""
    if not isinstance(sql, str) or not sql.strip():
        raise UnsupportedOperationError(f"{CALL}() takes SQL as a str, not {sql!r}")
    if params is None:
        params = {}
    if not isinstance(params, Mapping):
        raise UnsupportedOperationError(f"{CALL}() takes params by name, {_BY_NAME}, not {params!r}")
    if into is not None:
        refuse_mapped(CALL, into)
        checked_schema(CALL, into)
    rest = _ASIDE.sub(" ", sql)
    found = _PLACEHOLDER.search(rest)
    if found:
        raise UnsupportedOperationError(f"{CALL}(): {found[0]!r} is no parameter here: {_BY_NAME}")
    if rest.rstrip().rstrip(";").count(";"):
        raise UnsupportedOperationError(
            f"{CALL}() takes one statement, and here are several: call it for each"
        )
    _check_names({*_NAME.findall(rest)}, params)
    lists = frozenset([name for name in params if re.search(rf"\bIN\s+:{name}\b", rest, re.IGNORECASE)])
    for name, value in params.items():
        _check_value(name, value)
        _check_list(name, value, rest, behind_in=name in lists)
    bound = {name: [*value] if name in lists else value for name, value in params.items()}
    said = _ASIDE.sub(lambda aside: _COLON.sub(r"\\", aside[0]), sql)
    return RawQuery(sql, said, bound, lists, "?" in rest, into)


def without(said: str, names: Iterable[str], *, bare: bool) -> str:
    """SQL in which lists of these names are empty: ``bare`` brackets, or an array, which is of any type.

    SQLAlchemy's is of one column, and of integers.
    """
    for name in names:
        for before, after in _BARE if bare else _ARRAYS:
            said = re.sub(rf"{before}\s+:{name}\b", after, said, flags=re.IGNORECASE)
    return said


def _check_names(wanted: set[str], params: Mapping[Any, Any]) -> None:
    missing, unused = sorted(wanted - {*params}), sorted(map(str, {*params} - wanted))
    if missing:
        raise UnsupportedOperationError(
            f"{CALL}(): no value is given for :{', :'.join(missing)}; a colon that begins no parameter is "
            "written \\:"
        )
    if unused:
        raise UnsupportedOperationError(f"{CALL}(): the SQL has no :{', :'.join(unused)}")


def _check_list(name: str, value: Any, sql: str, *, behind_in: bool) -> None:
    """Raises UnsupportedOperationError where there is a list or a value, and the SQL takes the other."""
    if not isinstance(value, LISTS):
        if behind_in:
            raise UnsupportedOperationError(
                f"{CALL}(): IN :{name} takes a list, a tuple or a set, not {type(value).__name__}"
            )
        return
    bracketed = rf"\bIN\s*\((?!\s*(?:SELECT|WITH|VALUES|TABLE)\b)(?:[^()]*,)?\s*:{name}\s*[,)]"
    if re.search(bracketed, sql, re.IGNORECASE):
        raise UnsupportedOperationError(
            f"{CALL}(): :{name} is a list, which brings its own brackets: … IN :{name}, not IN (:{name})"
        )


def _check_value(name: str, value: Any) -> None:
    """Raises UnsupportedOperationError for what no database takes as a value."""
    for each in _values_in(value):
        why = _no_value(each)
        if why:
            raise UnsupportedOperationError(f"{CALL}(): :{name} is bound to a value, and {why}")


def _values_in(value: Any) -> Iterator[Any]:
    if isinstance(value, LISTS):
        for each in value:
            yield from _values_in(each)
    else:
        yield value


def _no_value(value: Any) -> str:
    """Why something is no value, if it is none."""
    if isinstance(value, Enum):
        return f"{value!r} is stored as its .value or its .name, as the column says: give that"
    if isinstance(value, int) and not -_BIGGEST <= value < _BIGGEST:
        return f"{value} is beyond integers of 64 bits: a Decimal holds it"
    if is_queryset(value) or is_expression(value) or isinstance(value, ClauseElement):
        return f"{value!r} is SQL to be: write it into the text, or ask a queryset"
    if isinstance(value, type) or callable(value) or type(value) is object:
        return f"{value!r} is none"
    if isinstance(inspect(value, raiseerr=False), InstanceState):
        return f"{type(value).__name__} is mapped: give its key"
    return ""
