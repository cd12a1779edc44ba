"""Whether a statement is known to read and nothing else, wherever the database begins its transaction.

By inclusion: each word before a parenthesis is one of SQL's own, or a function that depends on nothing but
its arguments. What is not known, such as a function of the user's, may write, lock, or ask for the time of
the transaction.
"""

import re
from typing import Any, Final

from django_like_repos.caching import LARGEST, cached

_LITERAL: Final = re.compile(r"'[\w /:.,+-]*'")
"""What is quoted and can hide no call: LIKE's ESCAPE, a time zone."""

_CALLED: Final = re.compile(r"""([A-Za-z_][\w.$]*|["\]`])\s*\(""")

_WORDS: Final = """
    all and any array as between by case cast distinct else end except exists filter from group having ilike
    in intersect is join lateral like limit not null offset on or order over partition row select then union
    using values when where with within
"""
"""SQL's own."""
_TYPES: Final = "bit char character decimal float numeric time timestamp varchar varying interval"
_FUNCTIONS: Final = """
    abs acos array_agg ascii asin atan atan2 avg bit_length bool_and bool_or btrim ceil ceiling char_length
    character_length chr coalesce concat concat_ws convert_to cos cot count cume_dist date date_part
    date_trunc degrees dense_rank encode every exp extract first_value floor greatest group_concat ifnull
    initcap json_agg json_array_length json_build_array json_build_object json_extract jsonb_agg
    jsonb_array_length jsonb_build_array jsonb_build_object lag last_value lead least left length ln log
    lower lpad ltrim max md5 min mod nth_value ntile nullif octet_length overlay percent_rank pi position
    power radians rank repeat replace reverse right round row_number rpad rtrim sha224 sha256 sha384 sha512
    sign sin split_part sqrt stddev_pop stddev_samp strftime string_agg strpos substr substring sum tan
    timezone to_char to_json to_jsonb translate trim trunc typeof upper var_pop var_samp
"""
_KNOWN: Final = frozenset(f"{_WORDS} {_TYPES} {_FUNCTIONS}".split())


@cached(1024, longest=LARGEST)
def only_reads(text: str) -> bool:
    """Whether a compiled SELECT is known to do nothing but to read."""
    text = _LITERAL.sub("?", text)
    if not text.startswith("SELECT") or "'" in text or "--" in text or "/*" in text:
        # What else is quoted, or a comment, may look like anything.
        return False
    return all(word.lower() in _KNOWN for word in _CALLED.findall(text))


def is_locked(statement: Any) -> bool:
    """Whether a statement locks what it reads."""
    return getattr(statement, "_for_update_arg", None) is not None
