"""Functions of text: case in every alphabet, regular expressions, padding, hashes."""

import hashlib
from collections.abc import Callable
from typing import Any

from django_like_repos.constructs.patterns import compiled
from django_like_repos.sqlite.registry import function


@function("lower")
def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


@function("upper")
def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


@function("regexp", strict=True)
def _regexp(pattern: str, value: Any) -> bool:
    return compiled(pattern).search(_text(value)) is not None


@function("dlr_iregexp", strict=True)
def _iregexp(pattern: str, value: Any) -> bool:
    return compiled(pattern, True).search(_text(value)) is not None


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


@function("lpad", strict=True)
def _lpad(value: Any, length: int, fill: Any) -> str:
    text, missing = _text(value), length - len(_text(value))
    return text[: max(length, 0)] if missing <= 0 else _filling(_text(fill), missing) + text


@function("rpad", strict=True)
def _rpad(value: Any, length: int, fill: Any) -> str:
    text, missing = _text(value), length - len(_text(value))
    return text[: max(length, 0)] if missing <= 0 else text + _filling(_text(fill), missing)


def _filling(fill: str, length: int) -> str:
    return (fill * (length // len(fill) + 1))[:length] if fill else ""


@function("repeat", strict=True)
def _repeat(value: Any, number: int) -> str:
    return _text(value) * number


@function("reverse", strict=True)
def _reverse(value: Any) -> str:
    return _text(value)[::-1]


def _hash(name: str) -> Callable[[Any], str]:
    def digits(value: Any) -> str:
        given = value if isinstance(value, bytes) else str(value).encode()
        # Nothing is kept secret by it, and where only what keeps secrets is allowed it is there all the same.
        return hashlib.new(name, given, usedforsecurity=False).hexdigest()

    return digits


for _name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512"):
    function(_name, strict=True)(_hash(_name))


@function("dlr_boolean", strict=True)
def _boolean(value: Any) -> bool:
    word = _text(value).strip().lower()
    for meant, words in _WORDS.items():
        # As PostgreSQL: the beginning of a word will do, but for "o", which begins two.
        if word and word != "o" and any(each.startswith(word) for each in words):
            return meant
    raise ValueError(f"{value!r} is neither true nor false")


_WORDS = {True: ("true", "yes", "on", "1"), False: ("false", "no", "off", "0")}
