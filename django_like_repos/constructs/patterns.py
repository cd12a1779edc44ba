"""Patterns that a user writes, as the databases' engines read them: what one of them cannot read is told."""

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from django_like_repos.caching import cached


def _linear_engine() -> Any:
    """RE2, where it is installed: Python's own engine may take for ever, and stops everything meanwhile."""
    found: Any = import_module("re2") if find_spec("re2") else None
    # Another package has the same name.
    return found if hasattr(found, "Options") else None


LINEAR: Final = _linear_engine()


@cached(256, longest=4096)
def compiled(pattern: str, any_case: bool = False) -> Any:
    """A regular expression as SQLite is given it: RE2's, or else Python's."""
    if LINEAR is None:
        return re.compile(pattern, re.IGNORECASE if any_case else 0)
    options = LINEAR.Options()
    options.case_sensitive, options.log_errors = not any_case, False
    return LINEAR.compile(pattern, options)


@cached(256, longest=4096)
def unread_by_python(pattern: str) -> str | None:
    """What a regular expression would have to be that this one is not; None for one that Python reads."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        return f"a regular expression that Python can read ({error})"
    return None


@cached(256, longest=4096)
def unread_regex(pattern: str) -> str | None:
    """The same of one that Python has read; None for one that PostgreSQL and RE2 read, too."""
    for part in _unknown_to_postgresql(pattern):
        return f"a regular expression that PostgreSQL can read, which has no {part}"
    if LINEAR is not None:
        try:
            compiled(pattern)
        except LINEAR.error as error:
            return f"a regular expression that RE2 can read ({_said(error)})"
    return None


def is_unfinished(pattern: str) -> bool:
    """Whether a pattern of LIKE ends with an escape character of which nothing follows."""
    return (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1


def _said(error: Any) -> str:
    said = error.args[0] if error.args else error
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


_MOST: Final = 255
"""Repetitions that PostgreSQL counts."""
_GROUP: Final = re.compile(r"\(\?(?:[:=!]|<[=!]|#[^)]*\))")
_OPTIONS: Final = re.compile(r"\(\?[imsx]+\)")
_SET: Final = re.compile(r"\[\^?\]?(?:\\.|\[:[a-z]+:\]|[^\]\\])*\]", re.DOTALL)
_CLASSES: Final = (
    *("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper"),
    *("word", "xdigit"),
)
_ONE: Final = r"\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\.|[^\\]"
_MEMBER: Final = re.compile(rf"(?:{_ONE})-(?:{_ONE})(-.|)|({_ONE})", re.DOTALL)
"""A range, and what begins where it ends; or a character."""
_NOT_IN_SETS: Final = (r"\N", *(rf"\{digit}" for digit in range(1, 8)))
_CLASS: Final = re.compile(r"\[([:.=])(?:([a-z]+):\])?")
_COUNT: Final = re.compile(r"\{(\d*)(,?)(\d*)\}?")


def _unknown_to_postgresql(pattern: str) -> Iterator[str]:
    """What of a pattern that Python can read PostgreSQL cannot, from the left."""
    options = _OPTIONS.match(pattern)
    place = options.end() if options else 0
    groups: list[bool] = []
    """Of each that is open, whether it looks around."""
    looks = False
    """Whether what has just been closed looks around."""
    while place < len(pattern):
        token, unknown = _token(pattern, place)
        if unknown is None and looks and token != "{" and token[0] in "*+?{":
            unknown = "repeated (?=…)"
        if unknown is not None:
            yield unknown
        if token[0] == "(" and not token.startswith("(?#"):
            groups.append(token[-1] in "=!")
        looks = token == ")" and bool(groups) and groups.pop()
        place += len(token)


def _token(pattern: str, place: int) -> tuple[str, str | None]:
    """What stands in a pattern at a place, and what PostgreSQL does not know of it."""
    first = pattern[place]
    if first == "\\":
        return pattern[place : place + 2], r"\N" if pattern.startswith(r"\N", place) else None
    if first == "[":
        return _set(pattern, place)
    if pattern.startswith("(?", place):
        group = _GROUP.match(pattern, place)
        return (group[0], None) if group else ("(?", pattern[place : place + 3] + "…)")
    return _repetition(pattern, place) if first in "*+?{" else (first, None)


def _set(pattern: str, place: int) -> tuple[str, str | None]:
    found = _SET.match(pattern, place)
    token = found[0] if found else pattern[place]
    for kind, name in _CLASS.findall(token[1:]):
        if kind != ":" or name not in _CLASSES:
            return token, f"[{kind} in a set"
    for end, member in _MEMBER.findall(token[1:-1].removeprefix("^")):
        if end:
            return token, "range that begins where another ends"
        if member in _NOT_IN_SETS:
            return token, f"{member} in a set"
    return token, None


def _repetition(pattern: str, place: int) -> tuple[str, str | None]:
    token, unknown = pattern[place], None
    if token == "{":
        found = _COUNT.match(pattern, place)
        if found is None or not found[1]:
            return token, None  # Not one of how many: a brace.
        token = found[0]
        if not token.endswith("}"):
            return token, "brace that is not closed: \\{"
        if any(int(each) > _MOST for each in (found[1], found[3]) if each):
            unknown = f"repetition beyond {_MOST}"
    if pattern.startswith("?", place + len(token)):
        token += "?"
    elif pattern.startswith("+", place + len(token)):
        unknown = f"{token}+"
    return token, unknown
