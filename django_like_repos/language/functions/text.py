"""Functions of text."""

from collections.abc import Hashable
from functools import reduce
from typing import Any, Final

from sqlalchemy import func

from django_like_repos.constructs.base import text_literal
from django_like_repos.constructs.casts import cast_to
from django_like_repos.constructs.named import named
from django_like_repos.constructs.strings import first_characters, last_characters, sha
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.arguments import (
    TEXTS,
    TEXTS_OR_BYTES,
    WHOLE,
    name_of,
    takes,
    text_of,
    whole,
)
from django_like_repos.language.functions.base import means, plain_options
from django_like_repos.language.inference import INTEGER, TEXT, common, family
from django_like_repos.language.kinds import Traits
from django_like_repos.query import Func, Names
from django_like_repos.query.functions.text import (
    MD5,
    SHA1,
    SHA224,
    SHA256,
    SHA384,
    SHA512,
    Chr,
    Concat,
    ConcatPair,
    Left,
    Length,
    Lower,
    LPad,
    LTrim,
    Ord,
    Repeat,
    Replace,
    Reverse,
    Right,
    RPad,
    RTrim,
    StrIndex,
    Substr,
    Trim,
    Upper,
)
from django_like_repos.query.shapes import Call

_EMPTY: Final = text_literal("")


@means(Lower, Upper, Trim, LTrim, RTrim, Reverse, MD5, Replace, gives=TEXT, options=takes(TEXTS))
def _of_texts(call: Call, *texts: Any) -> Any:
    return getattr(func, name_of(call))(*map(text_of, texts))


@means(SHA1, SHA224, SHA256, SHA384, SHA512, gives=TEXT, options=takes(TEXTS))
def _sha(call: Call, text: Any) -> Any:
    return sha(name_of(call), text_of(text))


@means(Length, gives=INTEGER, options=takes(TEXTS_OR_BYTES))
def _length(call: Call, text: Any) -> Any:
    return func.length(text_of(text), type_=INTEGER)


@means(Chr, gives=TEXT, options=takes(WHOLE))
def _chr(call: Call, point: Any) -> Any:
    return named("char", "chr", whole(point), type_=TEXT)


@means(Ord, gives=INTEGER, options=takes(TEXTS))
def _ord(call: Call, text: Any) -> Any:
    return named("unicode", "ascii", text_of(text), type_=INTEGER)


@means(StrIndex, gives=INTEGER, options=takes(TEXTS))
def _position(call: Call, text: Any, part: Any) -> Any:
    return named("instr", "strpos", text_of(text), text_of(part), type_=INTEGER)


@means(Left, gives=TEXT, options=takes(TEXTS, WHOLE))
def _left(call: Call, text: Any, length: Any) -> Any:
    return first_characters(text_of(text), whole(length))


@means(Right, gives=TEXT, options=takes(TEXTS, WHOLE))
def _right(call: Call, text: Any, length: Any) -> Any:
    return last_characters(text_of(text), whole(length))


@means(Substr, gives=TEXT, options=takes(TEXTS, WHOLE))
def _part(call: Call, text: Any, *bounds: Any) -> Any:
    return func.substr(text_of(text), *map(whole, bounds), type_=TEXT)


@means(LPad, RPad, gives=TEXT, options=takes(TEXTS, WHOLE, TEXTS))
def _pad(call: Call, text: Any, length: Any, fill: Any) -> Any:
    function = func.rpad if issubclass(call.kind, RPad) else func.lpad
    return function(text_of(text), whole(length), text_of(fill), type_=TEXT)


@means(Repeat, gives=TEXT, options=takes(TEXTS, WHOLE))
def _repeat(call: Call, text: Any, number: Any) -> Any:
    return func.repeat(text_of(text), whole(number), type_=TEXT)


def _of_one_type(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
    if function.output_field is None:
        known = common(arguments)
        if known.type is None and all(each.type is not None for each in arguments):
            raise UnsupportedOperationError(f"{function!r}: {known.why}")
    return plain_options(names, function, arguments)


@means(Concat, ConcatPair, gives=TEXT, options=_of_one_type)
def _concat(call: Call, *parts: Any) -> Any:
    texts: list[Any] = [func.coalesce(_as_text(part), _EMPTY, type_=TEXT) for part in parts]
    return reduce(lambda text, part: text.concat(part), texts)


def _as_text(value: Any) -> Any:
    kind = family(value.type)
    if kind == "text":
        return text_of(value)
    return value if kind == "nulltype" else cast_to(value, TEXT, kind, "text")
