"""What conditions of a body may say: the parameters of a ``FilterSet``, by column and operator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from django_like_repos.caching import cached
from django_like_repos.contrib.filters.bodies.kinds import Kinds, kinds_of
from django_like_repos.contrib.filters.declarations import Condition
from django_like_repos.contrib.filters.declared import Declared, Parameter
from django_like_repos.contrib.filters.ground import PLAIN
from django_like_repos.contrib.filters.lookups import LookedUp
from django_like_repos.contrib.filters.ordering import Ordered
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.lookups import lookup_of
from django_like_repos.mapping.paths import SEPARATOR, lookup_path
from django_like_repos.mapping.registry import LOOKUPS
from django_like_repos.query import names
from django_like_repos.query.data import CONNECTORS, DEEPEST, Place

NOT: Final = "not"
LISTS: Final = ("in", "notin", NOT)
"""Operators whose list may name NULL too, where ``isnull`` is declared."""


@dataclass(frozen=True, eq=False)
class Operator:
    """One parameter, as an operator of a column or as a column of its own."""

    parameter: Parameter
    condition: Condition
    takes_list: bool
    adapter: TypeAdapter[Any]
    """Reads its values."""
    kinds: Kinds


@dataclass(frozen=True, eq=False)
class Column:
    """A name that conditions may speak of."""

    name: str
    bare: Operator | None
    """What a value alone is of it."""
    operators: Mapping[str, Operator]
    """By every name that they have."""

    @property
    def alone(self) -> Operator | None:
        """What a value alone says of it: no object, which is one of operators."""
        return None if self.bare is None or self.bare.kinds.names == {"object"} else self.bare

    @property
    def description(self) -> str | None:
        """What a value alone asks for."""
        return None if self.bare is None else self.bare.parameter.description

    def operator(self, word: str, value: Any) -> tuple[Operator | None, Any]:
        """What a word, none or one of an operator, means for a value; and the value that it takes.

        None where that is not declared.
        """
        negated = word in (NOT, "ne")
        if value is None and (negated or word in ("", "eq", PLAIN)) and "isnull" in self.operators:
            return self.operators["isnull"], not negated
        if isinstance(value, list) and word in ("", NOT):
            found = self.operators.get("notin" if negated else "in")
            if found is None and not negated and self.bare is not None and self.bare.takes_list:
                found = self.bare
            return found, value
        if not word:
            return self.bare, value
        return self.operators.get("ne" if negated else word), value


@dataclass(frozen=True, eq=False)
class Sayable:
    """All that a body may say."""

    declared: Declared
    columns: Mapping[str, Column]
    terms: Mapping[str, str]
    """The terms of ``order_by()`` by what a client calls them, ``-`` before one for the other way round."""

    def place(self, parameter: Parameter) -> Place:
        """Where something is said of a parameter."""
        for column in self.columns.values():
            if column.alone is not None and column.alone.parameter is parameter:
                return (column.name,)
            for word, operator in column.operators.items():
                if operator.parameter is parameter:
                    return column.name, word
        return (parameter.name,)


@cached(1024)
def sayable(declared: Declared) -> Sayable:
    """What a ``FilterSet`` lets a body say.

    Raises UnsupportedOperationError for names that mean something else there, for what must be sent and
    cannot be, and for more depth than a query may have.
    """
    if declared.bounds.depth > DEEPEST:
        raise UnsupportedOperationError(
            f"deepest_conditions is at most {DEEPEST}, not {declared.bounds.depth}"
        )
    bare: dict[str, Operator] = {}
    operators: dict[str, dict[str, Operator]] = {}
    terms: dict[str, str] = {}
    for parameter in declared.parameters.values():
        source = parameter.source
        if isinstance(source, Condition):
            adapter = TypeAdapter(source.annotation)
            kinds = kinds_of(adapter)
            name, words, alone, takes_list = _told(declared, parameter, source, kinds)
            read = Operator(parameter, source, takes_list, adapter, kinds)
            operators.setdefault(name, {}).update(dict.fromkeys(words, read))
            if alone:
                bare[name] = read
        elif isinstance(source, Ordered):
            terms = {**source.terms, **terms}
        elif parameter.required:
            raise UnsupportedOperationError(f"{parameter.name!r} is required, and no condition of a body")
    _check_names([*operators, *terms])
    columns = {name: Column(name, bare.get(name), found) for name, found in operators.items()}
    return Sayable(declared, columns, terms)


def _told(
    declared: Declared, parameter: Parameter, source: Condition, kinds: Kinds
) -> tuple[str, list[str], bool, bool]:
    """The column of a parameter, the words of its operator; whether a value alone means it, and a list."""
    name = parameter.name
    if not isinstance(source, LookedUp):
        return name, [], True, False
    path, word = lookup_path(names(declared.model), source.written)
    meaning = lookup_of(path, word)
    words = [each for each in (meaning.name, *meaning.also) if LOOKUPS.find(path.scopes, each) is meaning]
    takes_list = meaning.form in ("list", "pair")
    if name.endswith(f"{SEPARATOR}{word}"):
        return name.removesuffix(f"{SEPARATOR}{word}"), words, False, takes_list
    # Under a name of its own it is a column of its own; what is an object says of which operator it is.
    return name, words if PLAIN in words or kinds.may_be("object") else [], True, takes_list


def _check_names(found: list[str]) -> None:
    taken = next((name for name in found if name in CONNECTORS), None)
    if taken is not None:
        raise UnsupportedOperationError(f"{taken!r} joins conditions: declare it under another name")
