"""``raw()``: SQL of the user's own, whose parameters are bound by name, and nothing else is."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text

from django_like_repos.clauses.schemas import checked_schema, refuse_mapped
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query.raw import RawQuery

CALL: Final = "raw"

_ASIDE: Final = re.compile(
    r"'(?:[^']|'')*' | \"(?:[^\"]|\"\")*\" | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$",
    re.DOTALL | re.VERBOSE,
)
"""What of SQL is text, a quoted name or a comment."""
_PLACEHOLDER: Final = re.compile(r"%(?:\(\w+\))?s\b|\$\d+")
_BY_NAME: Final = f"{CALL}('SELECT … WHERE id = :id', {{'id': 1}})"


def raw_query(sql: Any, params: Any, into: Any) -> RawQuery:
    """What ``raw()`` is asked for. Raises UnsupportedOperationError for parameters that are not by name."""
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
    # What SQLAlchemy binds, colons in quotation marks too.
    _check_names({*text(sql)._bindparams}, params)
    lists = frozenset([name for name in params if re.search(rf"\bIN\s+:{name}\b", rest, re.IGNORECASE)])
    for name in lists:
        if not isinstance(params[name], (list, tuple, set, frozenset)):
            raise UnsupportedOperationError(
                f"{CALL}(): IN :{name} takes a list, a tuple or a set, not {type(params[name]).__name__}"
            )
    bound = {name: [*value] if name in lists else value for name, value in params.items()}
    return RawQuery(sql, bound, lists, "?" in rest, into)


def _check_names(wanted: set[str], params: Mapping[Any, Any]) -> None:
    missing, unused = sorted(wanted - {*params}), sorted(map(str, {*params} - wanted))
    if missing:
        raise UnsupportedOperationError(
            f"{CALL}(): no value is given for :{', :'.join(missing)}; a colon that begins no parameter is "
            "written \\:"
        )
    if unused:
        raise UnsupportedOperationError(f"{CALL}(): the SQL has no :{', :'.join(unused)}")
