"""Full-text search, under the names of ``django.contrib.postgres.search``: what is asked, as plain values.

Its SQL and its lookups are in ``vectors``; the field of vectors is a column of SQLAlchemy's ``TSVECTOR``.
"""

from copy import copy
from typing import Any, ClassVar, Final

from sqlalchemy import ARRAY, REAL

from django_like_repos.contrib.postgres.trigram import (
    TrigramDistance,
    TrigramSimilarity,
    TrigramStrictWordDistance,
    TrigramStrictWordSimilarity,
    TrigramWordDistance,
    TrigramWordSimilarity,
)
from django_like_repos.query import Expression, Func, Q, Value

__all__ = [
    "CombinedSearchQuery",
    "CombinedSearchVector",
    "SearchConfig",
    "SearchHeadline",
    "SearchQuery",
    "SearchRank",
    "SearchVector",
    "TrigramDistance",
    "TrigramSimilarity",
    "TrigramStrictWordDistance",
    "TrigramStrictWordSimilarity",
    "TrigramWordDistance",
    "TrigramWordSimilarity",
]


class SearchConfig(Func):
    """A configuration of full-text search: its name, or an expression of it: ``F("language")``."""

    def __init__(self, config: Any) -> None:
        config = _plain(config)
        self.config = config
        super().__init__(*([config] if isinstance(config, Expression) else []))

    @classmethod
    def from_parameter(cls, config: Any) -> "SearchConfig | None":
        """What was given as ``config=``."""
        return config if config is None or isinstance(config, cls) else cls(config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SearchConfig) and bool(self.config == other.config)

    def __hash__(self) -> int:
        return hash((SearchConfig, self.config))

    def __repr__(self) -> str:
        return f"SearchConfig({self.config!r})"


class _Vector(Func):
    config: SearchConfig | None = None

    def __add__(self, other: Any) -> "CombinedSearchVector":  # type: ignore[override]
        return CombinedSearchVector(self, _checked(other, _Vector, "SearchVector"), self.config)

    def __radd__(self, other: Any) -> "CombinedSearchVector":  # type: ignore[override]
        return CombinedSearchVector(_checked(other, _Vector, "SearchVector"), self, self.config)


class SearchVector(_Vector):
    """The words of texts, to be searched: ``SearchVector("title", "body", weight="A", config="english")``.

    NULL is an empty text, and what is no text is searched by its text.
    """

    def __init__(self, *expressions: Any, config: Any = None, weight: Any = None) -> None:
        if not expressions:
            raise TypeError("SearchVector needs an expression")
        self.config = SearchConfig.from_parameter(config)
        self.weight = _plain(weight)
        weights = [self.weight] if isinstance(self.weight, Expression) else []
        super().__init__(*([self.config] if self.config else []), *expressions, *weights)


class CombinedSearchVector(_Vector):
    """Two vectors as one: ``SearchVector("title") + SearchVector("body")``."""

    def __init__(self, left: Any, right: Any, config: SearchConfig | None) -> None:
        self.config = config
        super().__init__(left, right)


class Searching(Func):
    """What is searched for: ``&``, ``|`` and ``~`` are of the words."""

    config: SearchConfig | None = None
    invert: bool = False

    def __and__(self, other: Any) -> "CombinedSearchQuery":  # type: ignore[override]
        return CombinedSearchQuery(self, "&&", _checked(other, Searching, "SearchQuery"), self.config)

    def __rand__(self, other: Any) -> "CombinedSearchQuery":  # type: ignore[override]
        return CombinedSearchQuery(_checked(other, Searching, "SearchQuery"), "&&", self, self.config)

    def __or__(self, other: Any) -> "CombinedSearchQuery":  # type: ignore[override]
        return CombinedSearchQuery(self, "||", _checked(other, Searching, "SearchQuery"), self.config)

    def __ror__(self, other: Any) -> "CombinedSearchQuery":  # type: ignore[override]
        return CombinedSearchQuery(_checked(other, Searching, "SearchQuery"), "||", self, self.config)

    def __xor__(self, other: Any) -> Q:
        raise TypeError("there is no ^ of SearchQuery")

    def __invert__(self) -> "Searching":
        inverted = copy(self)
        inverted.invert = not self.invert
        return inverted


class SearchQuery(Searching):
    """What is searched for (``search_type``: ``plain``, ``phrase``, ``raw``, ``websearch``).

    Raises ValueError for another ``search_type``.
    """

    SEARCH_TYPES: ClassVar[dict[str, str]] = {
        "plain": "plainto_tsquery",
        "phrase": "phraseto_tsquery",
        "raw": "to_tsquery",
        "websearch": "websearch_to_tsquery",
    }

    def __init__(
        self,
        value: Any,
        output_field: Any = None,
        *,
        config: Any = None,
        invert: bool = False,
        search_type: str = "plain",
    ) -> None:
        if search_type not in self.SEARCH_TYPES:
            raise ValueError(f"Unknown search_type argument '{search_type}'.")
        self.search_type = search_type
        self.config = SearchConfig.from_parameter(config)
        self.invert = bool(invert)
        value = value if isinstance(value, Expression) else Value(value)
        super().__init__(*([self.config] if self.config else []), value, output_field=output_field)

    def __repr__(self) -> str:
        return f"{'~' if self.invert else ''}{super().__repr__()}"


class CombinedSearchQuery(Searching):
    """Two queries as one."""

    def __init__(self, left: Any, operator: str, right: Any, config: SearchConfig | None) -> None:
        self.operator = operator
        self.config = config
        super().__init__(left, right)

    def __repr__(self) -> str:
        left, right = self.expressions
        return f"{'~' if self.invert else ''}({left!r} {self.operator} {right!r})"


class SearchRank(Func):
    """How well a vector fits a query.

    ``weights`` are those of the letters D, C, B, A; ``normalization`` is PostgreSQL's number for how the
    length counts; ``cover_density`` has words count for more that stand close to each other.
    """

    def __init__(
        self,
        vector: Any,
        query: Any,
        weights: Any = None,
        normalization: Any = None,
        cover_density: bool = False,
    ) -> None:
        vector = vector if isinstance(vector, Expression) else SearchVector(vector)
        query = query if isinstance(query, Expression) else SearchQuery(query)
        self.weighted = weights is not None
        self.cover_density = bool(cover_density)
        if weights is not None and not isinstance(weights, Expression):
            weights = Value(weights, _WEIGHTS)
        before = [weights] if self.weighted else []
        after = [] if normalization is None else [normalization]
        super().__init__(*before, vector, query, *after)


class SearchHeadline(Func):
    """The parts of a text that have what was searched for, the words marked."""

    def __init__(
        self,
        expression: Any,
        query: Any,
        *,
        config: Any = None,
        start_sel: str | None = None,
        stop_sel: str | None = None,
        max_words: int | None = None,
        min_words: int | None = None,
        short_word: int | None = None,
        highlight_all: bool | None = None,
        max_fragments: int | None = None,
        fragment_delimiter: str | None = None,
    ) -> None:
        query = query if isinstance(query, Expression) else SearchQuery(query)
        options = {
            "StartSel": start_sel,
            "StopSel": stop_sel,
            "MaxWords": max_words,
            "MinWords": min_words,
            "ShortWord": short_word,
            "HighlightAll": highlight_all,
            "MaxFragments": max_fragments,
            "FragmentDelimiter": fragment_delimiter,
        }
        self.options = {name: value for name, value in options.items() if value is not None}
        self.config = SearchConfig.from_parameter(config)
        before = [self.config] if self.config else []
        after = [Value(_options_text(self.options))] if self.options else []
        super().__init__(*before, expression, query, *after)


_WEIGHTS: Final[ARRAY[Any]] = ARRAY(REAL)


def _plain(value: Any) -> Any:
    """A plain value as it stands, also where it is wrapped."""
    return value.value if isinstance(value, Value) else value


def _checked(other: Any, kind: type[Any], name: str) -> Any:
    if not isinstance(other, kind):
        raise TypeError(
            f"{name} can only be combined with other {name} instances, got {type(other).__name__}."
        )
    return other


def _options_text(options: dict[str, Any]) -> str:
    """The options as PostgreSQL reads them from one text: ``MaxWords=5, StartSel='<b>'``."""
    return ", ".join(f"{name}={_option(value)}" for name, value in options.items())


def _option(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
