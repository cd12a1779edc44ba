"""The SQL of full-text search, and its lookups: ``search`` of texts, ``search`` and ``exact`` of vectors."""

from collections.abc import Hashable
from typing import Any, Final

from sqlalchemy import ARRAY, REAL, ColumnElement, Integer, String, cast, func, types
from sqlalchemy.dialects.postgresql import REGCONFIG, TSQUERY, TSVECTOR

from django_like_repos.constructs.base import text_literal
from django_like_repos.contrib.postgres.only import PostgresOnly, condition, function, operation
from django_like_repos.contrib.postgres.search import (
    CombinedSearchQuery,
    CombinedSearchVector,
    SearchConfig,
    SearchHeadline,
    SearchQuery,
    SearchRank,
    SearchVector,
)
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.functions.arguments import as_text
from django_like_repos.language.inference import DOUBLE, TEXT
from django_like_repos.language.kinds import (
    Traits,
    canonical,
    is_expression,
    read_expression,
    together,
    traits_of,
)
from django_like_repos.language.lookups import Lookup, register_lookup
from django_like_repos.language.meanings import means, options_of, plain_options
from django_like_repos.language.operands import Target
from django_like_repos.query import Clause, Expression, Names
from django_like_repos.query.shapes import Call, Pair

_REGCONFIG: Final = REGCONFIG()
_TSQUERY: Final = TSQUERY()
_WEIGHTS: Final = ("A", "B", "C", "D")
_EMPTY: Final = text_literal("")
_BLANK: Final = text_literal(" ")


class Vector(TSVECTOR):
    """The type of a vector made with a configuration, which is that of the words searched for in it, too."""

    def __init__(self, config: SearchConfig | None = None) -> None:
        self.config = config


class _Letter(types.UserDefinedType[str]):
    """PostgreSQL's type of a single byte, of which weights are."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return '"char"'


# What is asked.


def _name_of_config(names: Names, config: Any, arguments: list[Traits]) -> Hashable:
    if config.expressions:
        return None
    if not isinstance(config.config, str) or not config.config or "\0" in config.config:
        raise UnsupportedOperationError(f"{config!r}: a configuration is named by text, or an expression")
    return config.config


@means(SearchConfig, gives=_REGCONFIG, options=_name_of_config)
def _config(call: Call, *name: Any) -> Any:
    named: Any = text_literal(str(call.options)) if call.options is not None else name[0]
    return PostgresOnly("SearchConfig()", cast(named, _REGCONFIG))


def _vector_options(names: Names, vector: Any, arguments: list[Traits]) -> Hashable:
    weight = vector.weight
    if isinstance(weight, Expression):
        return vector.config, True
    if weight is not None and weight not in _WEIGHTS:
        raise UnsupportedOperationError(f"{vector!r}: the weights are {', '.join(_WEIGHTS)}, not {weight!r}")
    return vector.config, weight


def _vector_type(call: Call, arguments: list[Traits]) -> Any:
    return canonical(Vector(options_of(call)[0]))


@means(SearchVector, gives=_vector_type, options=_vector_options)
def _vector(call: Call, *arguments: Any) -> Any:
    config, weight = options_of(call)
    before = arguments[:1] if config is not None else ()
    texts = list(arguments[len(before) :])
    letter = cast(texts.pop(), _Letter()) if weight is True else weight and text_literal(weight)
    vector: Any = _vector_of(before, texts)
    if letter is not None:
        vector = func.setweight(vector, letter, type_=vector.type)
    return PostgresOnly("SearchVector()", vector)


def _vector_of(config: Any, texts: list[Any]) -> Any:
    text, *others = [func.coalesce(as_text(each), _EMPTY, type_=TEXT) for each in texts]
    whole: Any = text
    for each in others:
        whole = whole.concat(_BLANK).concat(each)
    return func.to_tsvector(*config, whole)


def _config_of(names: Names, vector: Any, arguments: list[Traits]) -> Hashable:
    return (vector.config,)


@means(CombinedSearchVector, gives=_vector_type, options=_config_of)
def _vectors(call: Call, left: Any, right: Any) -> Any:
    return operation("SearchVector()", left, "||", right, TSVECTOR())


def _query_options(names: Names, query: Any, arguments: list[Traits]) -> Hashable:
    return query.SEARCH_TYPES[query.search_type], query.invert


@means(SearchQuery, gives=_TSQUERY, options=_query_options)
def _query(call: Call, *arguments: Any) -> Any:
    name, invert = options_of(call)
    return _inverted(getattr(func, name)(*arguments), invert)


def _combination(names: Names, query: Any, arguments: list[Traits]) -> Hashable:
    return query.operator, query.invert


@means(CombinedSearchQuery, gives=_TSQUERY, options=_combination)
def _queries(call: Call, left: Any, right: Any) -> Any:
    operator, invert = options_of(call)
    return _inverted(left.op(operator, return_type=_TSQUERY)(right), invert)


def _inverted(query: Any, invert: bool) -> Any:
    # tsquery_not() is what the operator !! calls.
    return PostgresOnly("SearchQuery()", func.tsquery_not(query, type_=_TSQUERY) if invert else query)


def _rank_options(names: Names, rank: Any, arguments: list[Traits]) -> Hashable:
    return rank.cover_density, rank.weighted


@means(SearchRank, gives=DOUBLE, options=_rank_options)
def _rank(call: Call, *arguments: Any) -> Any:
    cover_density, weighted = options_of(call)
    before = [cast(arguments[0], ARRAY(REAL))] if weighted else []
    vector, query, *normalization = arguments[len(before) :]
    after = [cast(each, Integer) for each in normalization]
    name = "ts_rank_cd" if cover_density else "ts_rank"
    return function("SearchRank()", name, *before, vector, query, *after, type_=DOUBLE)


@means(SearchHeadline, gives=TEXT, options=plain_options)
def _headline(call: Call, *arguments: Any) -> Any:
    return PostgresOnly("SearchHeadline()", func.ts_headline(*arguments))


# Lookups.


class _Search(Lookup):
    compares = False
    of_relations = False
    takes = String()

    def _query(self, target: Target, value: Any, config: SearchConfig | None) -> Clause:
        """What is searched for: a query, or words."""
        names = target.path.names
        if is_expression(value):
            read = read_expression(names, value)
            if isinstance(traits_of(names, read.shape).type, TSQUERY):
                return read
        else:
            value = target.coerce(value)
        return read_expression(names, SearchQuery(value, config=config))


@register_lookup(of=String)
class Search(_Search):
    """Whether the words of a text have what is searched for."""

    name = "search"

    def read(self, target: Target, value: Any) -> Clause:
        if value is None:
            return self.read_none(target)
        query = self._query(target, value, None)
        config = getattr(value, "config", None)
        if config is None:
            return target.atom(query)
        before = read_expression(target.path.names, config)
        return target.atom(Clause(Pair(before.shape, query.shape), *together([before, query])))

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        config, query = ((right[0],), right[1]) if isinstance(right, tuple) else ((), right)
        return condition("the lookup 'search'", _vector_of(config, [left]), "@@", query)


@register_lookup(of=TSVECTOR)
class SearchVectorExact(_Search):
    """Whether a vector has what is searched for."""

    name = "exact"
    also = ("eq", "search")

    def read(self, target: Target, value: Any) -> Clause:
        if value is None:
            return self.read_none(target)
        config: SearchConfig | None = getattr(target.path.types[0], "config", None)
        return target.atom(self._query(target, value, config))

    def read_none(self, target: Target) -> Clause:
        return target.null(True) if target.lookup != "search" else super().read_none(target)

    def sql(self, left: ColumnElement[Any], right: Any) -> ColumnElement[bool]:
        return condition(f"the lookup {self.name!r} of vectors", left, "@@", right)
