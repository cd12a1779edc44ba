"""JSON with the meaning of PostgreSQL's jsonb, in Python, for SQLite: equality, order, containment, paths.

Documents are Python values with Decimals for numbers, so that numbers are compared as numbers, to the last
digit. Text stands in canonical form: documents that are equal have one text.
"""

import re
from decimal import Decimal
from json import JSONDecoder, JSONEncoder
from typing import Any, Final, NoReturn

from django_like_repos.caching import cached

MISSING: Final = object()
"""What is at the end of a path that leads nowhere."""

_SMALL: Final = 2000
"""The length up to which a text is parsed once only: conditions ask a document for several things."""

_LARGEST_EXPONENT: Final = 150_000
"""Beyond what PostgreSQL takes, numbers are not written out digit by digit."""

_INDEX: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def parsed(text: str | bytes | float) -> Any:
    """The document of a text; of a number too, which SQLite makes of a text that is one."""
    if isinstance(text, (int, float)):
        text = repr(text)
    if isinstance(text, bytes):
        text = text.decode()
    return _parsed_once(text) if len(text) <= _SMALL else _decode(text)


def canonical(document: Any) -> str:
    """Its text, the same for all documents that are equal."""
    return _written(document, sorted, _canonical_number, ",", ":")


def shown(document: Any) -> str:
    """Its text as PostgreSQL shows jsonb; a string within quotes."""
    return _written(document, _stored, _shown_number, ", ", ": ")


def text_of(document: Any) -> str | None:
    """What ``#>>`` gives: a string itself, nothing for null, the text of what else it is."""
    if document is None:
        return None
    return document if isinstance(document, str) else shown(document)


def at(document: Any, keys: tuple[str, ...]) -> Any:
    """What ``#>`` finds: keys of objects, indexes of arrays; MISSING if there is nothing."""
    for key in keys:
        if isinstance(document, dict):
            document = document.get(key, MISSING)
        elif isinstance(document, list):
            document = _element(document, key)
        else:
            return MISSING
    return document


def contains(document: Any, part: Any) -> bool:
    """Whether ``document @> part``; at the top an array may also contain what is no array."""
    if isinstance(document, list) and not isinstance(part, (dict, list)):
        return any(_same(each, part) for each in document)
    return _contains(document, part)


def has_key(document: Any, key: str) -> bool:
    """Whether ``document ? key``: a key of an object, a string in an array, or that string."""
    if isinstance(document, (dict, list)):
        return key in document
    return isinstance(document, str) and document == key


def order(document: Any) -> bytes:
    """Bytes that sort as jsonb does: Object > Array > Boolean > Number > String > Null."""
    # For historical reasons an empty array sorts before everything, unless it is within another document.
    return b"\0" if document == [] else _order(document)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


_decode: Final = JSONDecoder(parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse).decode
_encode: Final = JSONEncoder(ensure_ascii=False).encode


@cached(256, longest=4096)
def _parsed_once(text: str) -> Any:
    return _decode(text)


def _written(document: Any, ordered: Any, number: Any, comma: str, colon: str) -> str:
    if isinstance(document, str):
        return _quoted(document)
    if isinstance(document, Decimal):
        text: str = number(document)
        return text
    if isinstance(document, list):
        items = [_written(each, ordered, number, comma, colon) for each in document]
        return f"[{comma.join(items)}]"
    if isinstance(document, dict):
        pairs = [
            f"{_quoted(key)}{colon}{_written(document[key], ordered, number, comma, colon)}"
            for key in ordered(document)
        ]
        return f"{{{comma.join(pairs)}}}"
    return "null" if document is None else "true" if document else "false"


def _quoted(text: str) -> str:
    quoted = _encode(text)
    if quoted.isascii():
        return quoted
    # UTF-8 has no lone surrogates, JSON has.
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _shown_number(number: Decimal) -> str:
    if not number:
        number = number.copy_abs()
    return format(number, "f") if abs(number.adjusted()) <= _LARGEST_EXPONENT else str(number)


def _canonical_number(number: Decimal) -> str:
    if not number:
        return "0"
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        sign, digits, exponent = _taken_apart(number)
        return f"{'-' * sign}{digits}e{exponent}"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _taken_apart(number: Decimal) -> tuple[int, str, int]:
    """The sign, the digits up to the last that is not 0, and the exponent of the first."""
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    return number.as_tuple().sign, digits, number.adjusted()


def _stored(document: dict[str, Any]) -> list[str]:
    """The keys in jsonb's own order: short ones first."""
    return sorted(document, key=lambda key: (len(_bytes(key)), _bytes(key)))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _element(array: list[Any], key: str) -> Any:
    index = int(key) if _INDEX.fullmatch(key) else len(array)
    return array[index] if -len(array) <= index < len(array) else MISSING


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _contains(document: Any, part: Any) -> bool:
    if type(document) is not type(part):
        return False
    if isinstance(document, dict):
        return all(key in document and _contains(document[key], part[key]) for key in part)
    if isinstance(document, list):
        return all(any(_contains(mine, each) for mine in document) for each in part)
    return bool(document == part)


def _order(document: Any) -> bytes:
    if document is None:
        return b"\1"
    if isinstance(document, str):
        return b"\2" + _order_of_text(document)
    if isinstance(document, Decimal):
        return b"\3" + _order_of_number(document)
    if isinstance(document, bool):
        return b"\4\1" if document else b"\4\0"
    count = len(document).to_bytes(4, "big")
    if isinstance(document, list):
        return b"\5" + count + b"".join(map(_order, document))
    pairs = [_order_of_text(key) + _order(document[key]) for key in _stored(document)]
    return b"\6" + count + b"".join(pairs)


def _order_of_text(text: str) -> bytes:
    return _bytes(text).replace(b"\0", b"\0\xff") + b"\0\0"


def _order_of_number(number: Decimal) -> bytes:
    if not number:
        return b"\1"
    sign, digits, exponent = _taken_apart(number)
    size = (exponent + 2**63).to_bytes(8, "big") + digits.encode() + b"\0"
    return b"\0" + bytes(255 - each for each in size) if sign else b"\2" + size
