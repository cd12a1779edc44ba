"""Functions of text. Texts among the arguments are paths: a text itself is a ``Value("…")``."""

from typing import Any

from django_like_repos.query.expressions import Func, Transform, Value
from django_like_repos.query.functions.comparison import OfSeveral


class Chr(Transform):
    """The character of a code point."""

    function = "CHR"
    lookup_name = "chr"


class ConcatPair(Func):
    """Two texts, one after the other; NULL is an empty one. ``Concat`` takes more."""

    function = "CONCAT"


class Concat(OfSeveral):
    """Texts, one after the other; NULL is an empty one. Raises ValueError for fewer than two."""

    function = "CONCAT"


class Left(Func):
    """The first characters. Raises ValueError for fewer than one, and TypeError for what is no number."""

    function = "LEFT"
    arity = 2

    def __init__(self, expression: Any, length: Any, **extra: Any) -> None:
        _check_least(length, 1, "'length' must be greater than 0.")
        super().__init__(expression, length, **extra)


class Length(Transform):
    """How many characters a text has."""

    function = "LENGTH"
    lookup_name = "length"


class Lower(Transform):
    """The text in small letters."""

    function = "LOWER"
    lookup_name = "lower"


class LPad(Func):
    """The text made so long with ``fill_text`` before it; a longer one is cut.

    Raises ValueError for a negative length, and TypeError for what is no number.
    """

    function = "LPAD"

    def __init__(self, expression: Any, length: Any, fill_text: Any = Value(" "), **extra: Any) -> None:  # noqa: B008
        if length is not None:
            _check_least(length, 0, "'length' must be greater or equal to 0.")
        super().__init__(expression, length, fill_text, **extra)


class LTrim(Transform):
    """The text without the blanks before it."""

    function = "LTRIM"
    lookup_name = "ltrim"


class MD5(Transform):
    """The MD5 of a text in UTF-8, in hexadecimal digits."""

    function = "MD5"
    lookup_name = "md5"


class Ord(Transform):
    """The code point of the first character."""

    function = "ASCII"
    lookup_name = "ord"


class Repeat(Func):
    """The text so many times. Raises ValueError for a negative number, and TypeError for what is none."""

    function = "REPEAT"

    def __init__(self, expression: Any, number: Any, **extra: Any) -> None:
        if number is not None:
            _check_least(number, 0, "'number' must be greater or equal to 0.")
        super().__init__(expression, number, **extra)


class Replace(Func):
    """The text with each ``text`` in it replaced."""

    function = "REPLACE"

    def __init__(self, expression: Any, text: Any, replacement: Any = Value(""), **extra: Any) -> None:  # noqa: B008
        super().__init__(expression, text, replacement, **extra)


class Reverse(Transform):
    """The text from its end to its beginning."""

    function = "REVERSE"
    lookup_name = "reverse"


class Right(Left):
    """The last characters. Raises ValueError for fewer than one, and TypeError for what is no number."""

    function = "RIGHT"


class RPad(LPad):
    """The text made so long with ``fill_text`` after it; a longer one is cut.

    Raises ValueError for a negative length, and TypeError for what is no number.
    """

    function = "RPAD"


class RTrim(Transform):
    """The text without the blanks after it."""

    function = "RTRIM"
    lookup_name = "rtrim"


class SHA1(Transform):
    """The SHA-1 of a text in UTF-8, in hexadecimal digits. PostgreSQL needs its extension pgcrypto."""

    function = "SHA1"
    lookup_name = "sha1"


class SHA224(Transform):
    """The SHA-224 of a text in UTF-8, in hexadecimal digits."""

    function = "SHA224"
    lookup_name = "sha224"


class SHA256(Transform):
    """The SHA-256 of a text in UTF-8, in hexadecimal digits."""

    function = "SHA256"
    lookup_name = "sha256"


class SHA384(Transform):
    """The SHA-384 of a text in UTF-8, in hexadecimal digits."""

    function = "SHA384"
    lookup_name = "sha384"


class SHA512(Transform):
    """The SHA-512 of a text in UTF-8, in hexadecimal digits."""

    function = "SHA512"
    lookup_name = "sha512"


class StrIndex(Func):
    """Where a text first stands in another, from 1; 0 where it does not."""

    function = "STRPOS"
    arity = 2


class Substr(Func):
    """The text from a position on, the first being 1, or so many characters of it.

    Raises ValueError for a position before the first, and TypeError for what is no number.
    """

    function = "SUBSTRING"

    def __init__(self, expression: Any, pos: Any, length: Any = None, **extra: Any) -> None:
        _check_least(pos, 1, "'pos' must be greater than 0")
        if length is not None:
            _check_number(length)
        super().__init__(*((expression, pos) if length is None else (expression, pos, length)), **extra)


class Trim(Transform):
    """The text without the blanks around it."""

    function = "TRIM"
    lookup_name = "trim"


class Upper(Transform):
    """The text in capitals."""

    function = "UPPER"
    lookup_name = "upper"


def _check_least(number: Any, least: int, why: str) -> None:
    _check_number(number)
    if isinstance(number, int) and number < least:
        raise ValueError(why)


def _check_number(number: Any) -> None:
    if number is None or isinstance(number, (str, bytes, float)):
        raise TypeError(f"{number!r} is neither a whole number nor an expression; a field is F('…')")
