"""How alike texts are by the groups of three letters in them. PostgreSQL needs its extension pg_trgm."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, String

from django_like_repos.constructs.enums import text_of
from django_like_repos.contrib.postgres.only import condition, function, operation
from django_like_repos.language.functions.arguments import TEXTS, takes
from django_like_repos.language.inference import DOUBLE
from django_like_repos.language.lookups import Lookup, register_lookup
from django_like_repos.language.meanings import means
from django_like_repos.query import Expression, Func, Value
from django_like_repos.query.shapes import Call


class _OfText(Func):
    def __init__(self, expression: Any, string: Any, **extra: Any) -> None:
        super().__init__(expression, _value(string), **extra)


class _OfWord(Func):
    def __init__(self, string: Any, expression: Any, **extra: Any) -> None:
        super().__init__(_value(string), expression, **extra)


class TrigramSimilarity(_OfText):
    """How alike a field and a text are, from 0 to 1."""

    function = "SIMILARITY"


class TrigramDistance(_OfText):
    """How far a field is from a text: 1 less how alike they are."""

    arg_joiner = "<->"


class TrigramWordSimilarity(_OfWord):
    """How alike a text and the likest part of a field are, from 0 to 1."""

    function = "WORD_SIMILARITY"


class TrigramStrictWordSimilarity(_OfWord):
    """The same of parts that are whole words."""

    function = "STRICT_WORD_SIMILARITY"


class TrigramWordDistance(_OfWord):
    """How far a text is from the likest part of a field."""

    arg_joiner = "<<->"


class TrigramStrictWordDistance(_OfWord):
    """The same of parts that are whole words."""

    arg_joiner = "<<<->"


def _value(string: Any) -> Any:
    return string if isinstance(string, Expression) else Value(string)


@means(
    TrigramSimilarity, TrigramWordSimilarity, TrigramStrictWordSimilarity, gives=DOUBLE, options=takes(TEXTS)
)
def _similarity(call: Call, *texts: Any) -> Any:
    name: str = call.kind.function.lower()
    return function(f"{call.kind.__name__}()", name, *map(text_of, texts), type_=DOUBLE)


@means(TrigramDistance, TrigramWordDistance, TrigramStrictWordDistance, gives=DOUBLE, options=takes(TEXTS))
def _distance(call: Call, left: Any, right: Any) -> Any:
    operator: str = call.kind.arg_joiner
    return operation(f"{call.kind.__name__}()", text_of(left), operator, text_of(right), DOUBLE)


class TrigramLookup(Lookup):
    """Whether a text is alike enough, by the threshold that the database is set to."""

    operator: ClassVar[str]
    compares = False
    of_relations = False
    takes = String()

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return condition(f"the lookup {self.name!r}", text_of(left), self.operator, text_of(right))


@register_lookup(of=String)
class TrigramSimilar(TrigramLookup):
    name = "trigram_similar"
    operator = "%"


@register_lookup(of=String)
class TrigramWordSimilar(TrigramLookup):
    name = "trigram_word_similar"
    operator = "%>"


@register_lookup(of=String)
class TrigramStrictWordSimilar(TrigramLookup):
    name = "trigram_strict_word_similar"
    operator = "%>>"
