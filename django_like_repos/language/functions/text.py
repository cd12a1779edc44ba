"""Functions of text."""

from collections.abc import Callable, Hashable
from functools import partial, reduce
from typing import Any, Final

from sqlalchemy import func

from django_like_repos.constructs import text as constructs
from django_like_repos.constructs.base import text_literal
from django_like_repos.constructs.enums import text_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.arguments import (
    TEXTS,
    TEXTS_OR_BYTES,
    WHOLE,
    as_text,
    takes,
    whole,
)
from django_like_repos.language.inference import INTEGER, TEXT, common
from django_like_repos.language.kinds import Traits
from django_like_repos.language.meanings import means, plain_options
from django_like_repos.query import Func, Names
from django_like_repos.query.functions import text as functions
from django_like_repos.query.shapes import Call

_EMPTY: Final = text_literal("")
_FORMS: Final = {TEXTS: text_of, TEXTS_OR_BYTES: text_of, WHOLE: whole}

_SAID: Final[dict[type[Func], tuple[Any, ...]]] = {
    functions.Chr: (constructs.character, TEXT, WHOLE),
    functions.Left: (constructs.first_characters, TEXT, TEXTS, WHOLE),
    functions.Length: (func.length, INTEGER, TEXTS_OR_BYTES),
    functions.Lower: (func.lower, TEXT, TEXTS),
    functions.LPad: (func.lpad, TEXT, TEXTS, WHOLE, TEXTS),
    functions.LTrim: (func.ltrim, TEXT, TEXTS),
    functions.MD5: (func.md5, TEXT, TEXTS),
    functions.Ord: (constructs.code_point, INTEGER, TEXTS),
    functions.Repeat: (func.repeat, TEXT, TEXTS, WHOLE),
    functions.Replace: (func.replace, TEXT, TEXTS),
    functions.Reverse: (func.reverse, TEXT, TEXTS),
    functions.Right: (constructs.last_characters, TEXT, TEXTS, WHOLE),
    functions.RPad: (func.rpad, TEXT, TEXTS, WHOLE, TEXTS),
    functions.RTrim: (func.rtrim, TEXT, TEXTS),
    functions.SHA1: (partial(constructs.sha, "sha1"), TEXT, TEXTS),
    functions.SHA224: (partial(constructs.sha, "sha224"), TEXT, TEXTS),
    functions.SHA256: (partial(constructs.sha, "sha256"), TEXT, TEXTS),
    functions.SHA384: (partial(constructs.sha, "sha384"), TEXT, TEXTS),
    functions.SHA512: (partial(constructs.sha, "sha512"), TEXT, TEXTS),
    functions.StrIndex: (constructs.position, INTEGER, TEXTS),
    functions.Substr: (func.substr, TEXT, TEXTS, WHOLE),
    functions.Trim: (func.trim, TEXT, TEXTS),
    functions.Upper: (func.upper, TEXT, TEXTS),
}
"""How functions are said, what they give, and what they take, the last kind counting for all that follow."""


def _said(says: Callable[..., Any], kinds: list[tuple[str, ...]], call: Call, *arguments: Any) -> Any:
    forms = [_FORMS[kinds[min(place, len(kinds) - 1)]] for place in range(len(arguments))]
    return says(*(form(argument) for form, argument in zip(forms, arguments, strict=True)))


for _function, (_says, _gives, *_kinds) in _SAID.items():
    means(_function, gives=_gives, options=takes(*_kinds))(partial(_said, _says, _kinds))


def _of_one_type(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
    if function.output_field is None:
        known = common(arguments)
        if known.type is None and all(each.type is not None for each in arguments):
            raise UnsupportedOperationError(f"{function!r}: {known.why}")
    return plain_options(names, function, arguments)


@means(functions.Concat, functions.ConcatPair, gives=TEXT, options=_of_one_type)
def _concat(call: Call, *parts: Any) -> Any:
    texts: list[Any] = [func.coalesce(as_text(part), _EMPTY, type_=TEXT) for part in parts]
    return reduce(lambda text, part: text.concat(part), texts)
