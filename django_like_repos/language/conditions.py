"""Conditions as written, ``Q`` trees and keywords, into one clause: names resolved, values coerced.

The names are those of ``filter()``'s keywords; what a lookup takes is the lookup's own affair.
"""

from collections.abc import Hashable, Mapping
from typing import Any, Final

from django_like_repos.caching import TooLargeError
from django_like_repos.errors import NameNotAllowedError, UnknownLookupError, UnsupportedOperationError
from django_like_repos.language.inference import family, is_null
from django_like_repos.language.kinds import is_sqlalchemy, read_expression, traits_of
from django_like_repos.language.lookups import CheckedTarget, target_of
from django_like_repos.mapping.paths import SEPARATOR, lookup_path
from django_like_repos.mapping.registry import LOOKUPS
from django_like_repos.query import Clause, Expression, Names, Q, grouped
from django_like_repos.query.conditions import AND, XOR
from django_like_repos.query.data import Worded
from django_like_repos.query.depth import check_depth
from django_like_repos.query.shapes import ALWAYS, NEVER, Test

_known_target: Final = target_of.__wrapped__
"""The memory of ``target_of()`` itself: this is on the way of every query."""
_OPPOSITE: Final = {NEVER: ALWAYS, ALWAYS: NEVER}


def read_call(
    names: Names, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, negated: bool
) -> Clause | None:
    """The clause of one ``filter()`` or ``exclude()``; None where nothing was asked.

    Raises UnknownFieldError, UnknownLookupError, InvalidLookupValueError or UnsupportedOperationError.
    """
    children = (*args, *sorted(kwargs.items()))
    if args:
        check_depth(*args)
    return _read_group(names, children, AND, negated)


Parts = tuple[Hashable, tuple[Any, ...], tuple[Any, ...]]


def read_lookup(names: Names, name: str, value: Any) -> Parts:
    """The parts of a ``Clause`` of one keyword: to make one costs more, and not everybody wants it."""
    try:
        target: CheckedTarget = _known_target(names, name)
    except TooLargeError as large:
        target = large.answer
    if target.is_plain(value):
        return target.plain, (value,), ()
    check_depth(value)
    read: Clause = target.read(target, value)
    return read


def _read(names: Names, child: Any) -> Clause | None:
    if isinstance(child, Q):
        return _read_group(names, child.children, child.connector, child.negated)
    if isinstance(child, tuple) and len(child) == 2 and isinstance(child[0], str):
        if isinstance(child[0], Worded):
            _check_word(names, child[0])
        return Clause(*read_lookup(names, *child))
    if is_sqlalchemy(child):
        return read_expression(names, child)
    if isinstance(child, Expression):
        return _read_test(names, child)
    raise UnsupportedOperationError(
        f"{child!r} is no condition: give keywords, Q objects or SQLAlchemy expressions"
    )


def _check_word(names: Names, name: Worded) -> None:
    """Raises UnknownLookupError where the last word is a transform, or the key of a document."""
    path = target_of(names, name).path
    before, _, word = name.rpartition(SEPARATOR)
    if path.name != before:
        if names.guard is not None:
            raise NameNotAllowedError(name)
        column, _ = lookup_path(names, before)
        error = UnknownLookupError(str(column), name, word, LOOKUPS.known(column.scopes))
        error.add_note(f'operators are lookups, and a path is one name: {{"{name}": …}}')
        raise error


def _read_test(names: Names, child: Expression) -> Clause:
    """An expression that is true or false."""
    clause = read_expression(names, child)
    type_ = traits_of(names, clause.shape).type
    if type_ is None or not (is_null(type_) or family(type_) == "boolean"):
        raise UnsupportedOperationError(f"{child!r} is no condition: it is not true or false")
    return clause._replace(shape=Test(clause.shape))


def _read_group(names: Names, children: tuple[Any, ...], connector: str, negated: bool) -> Clause | None:
    if len(children) == 1 and not negated:
        return _read(names, children[0])
    given = [_read(names, child) for child in children]
    read = [clause for clause in given if clause is not None]
    if not read:
        return None
    if connector != XOR:
        decides, neutral = (NEVER, ALWAYS) if connector == AND else (ALWAYS, NEVER)
        shapes = [clause.shape for clause in read]
        if decides in shapes:
            return Clause(_OPPOSITE[decides] if negated else decides)
        if neutral in shapes:
            read = [clause for clause in read if clause.shape != neutral]
        if not read:
            return Clause(_OPPOSITE[neutral] if negated else neutral)
    if len(read) == 1 and not negated:
        return read[0]
    return grouped(connector, negated, read)
