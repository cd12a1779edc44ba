"""Conditions and orders of a body, held against what a ``FilterSet`` declares."""

from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from django_like_repos.contrib.filters.bodies.sayable import LISTS, Column, Operator, Sayable
from django_like_repos.contrib.filters.declared import Parameter
from django_like_repos.contrib.filters.telling import MOST_TOLD, refuse, retold, told
from django_like_repos.contrib.filters.values import DEEPEST_VALUE
from django_like_repos.errors import InvalidConditionError
from django_like_repos.query.data import Bounds, Joined, Place, Said, Sorted, read_conditions, read_sort

_UNDECLARED: Final = "extra_forbidden"
_NOT_PERMITTED: Final = "Extra inputs are not permitted"


class TooManyError(Exception):
    """There is more wrong than is told."""


class Judge:
    """Of one piece of data."""

    def __init__(self, sayable: Sayable) -> None:
        self._sayable = sayable
        self._problems: list[InitErrorDetails] = []
        self._weight = 0
        bounds = sayable.declared.bounds
        self._bounds = Bounds(bounds.depth, bounds.conditions, bounds.values, max(1, len(sayable.terms) // 2))

    def conditions(self, data: Any) -> Joined:
        """What conditions say, each part with a parameter's attribute as its word and a value as it is bound.

        Raises ValidationError.
        """
        read = Joined("and", False, ())
        try:
            read = self._joined(read_conditions(data, self._bounds, self._refuse, ()))
            self._require(read)
        except InvalidConditionError as error:
            self._problems.append(told("out_of_bounds", error.place, error.why))
        except TooManyError:
            pass
        self._done("Conditions")
        return read

    def sort(self, data: Any) -> list[Sorted]:
        """What an order says, by the names that clients know. Raises ValidationError."""
        read: list[Sorted] = []
        try:
            read = read_sort(data, self._bounds, self._refuse, ())
        except InvalidConditionError as error:
            self._problems.append(told("out_of_bounds", error.place, error.why))
        except TooManyError:
            pass
        for term in read:
            if term.name not in self._sayable.terms or term.name.startswith("-"):
                self._problems.append(told(_UNDECLARED, term.place, _NOT_PERMITTED, term.name))
        self._done("Sort")
        return read

    def _done(self, title: str) -> None:
        if self._problems:
            refuse(title, self._problems)

    def _tell(self, problems: list[InitErrorDetails]) -> None:
        self._problems += problems
        if len(self._problems) >= MOST_TOLD:
            raise TooManyError

    def _refuse(self, place: Place, why: str, given: Any) -> None:
        self._tell([told("invalid_condition", place, why, given)])

    def _joined(self, tree: Joined) -> Joined:
        parts = [self._joined(part) if isinstance(part, Joined) else self._said(part) for part in tree.parts]
        return tree._replace(parts=tuple([part for part in parts if part is not None]))

    def _said(self, said: Said) -> Said | Joined | None:
        column = self._sayable.columns.get(said.column)
        if column is None:
            # Whatever operator stands there, it is the column that nobody declared.
            place = said.place[:-1] if said.word else said.place
            self._tell([told(_UNDECLARED, place, _NOT_PERMITTED, said.value)])
            return None
        if isinstance(said.value, list) and None in said.value and "isnull" in column.operators:
            return self._with_null(column, said)
        return self._one(column, said)

    def _with_null(self, column: Column, said: Said) -> Said | Joined | None:
        """A list that names NULL too."""
        if said.word and said.word not in LISTS:
            return self._one(column, said)
        rest = [each for each in said.value if each is not None]
        null = self._one(column, said._replace(word="not" if said.word.startswith("not") else "", value=None))
        if not rest:
            return null
        some = self._one(column, said._replace(value=rest))
        if some is None or null is None:
            return None
        return Joined("and" if said.word.startswith("not") else "or", False, (some, null))

    def _one(self, column: Column, said: Said) -> Said | None:
        operator, value = column.operator(said.word, said.value)
        if operator is None:
            self._tell([told(*_undeclared(column, said))])
            return None
        parameter = operator.parameter
        try:
            valid = _valid(operator, value)
        except ValidationError as error:
            self._tell(retold(error, said.place))
            return None
        except _UnfitError as error:
            self._tell([told("invalid_value", said.place, str(error), value)])
            return None
        self._weigh(parameter, valid, said.place)
        return Said(said.place, said.column, parameter.attribute, valid)

    def _weigh(self, parameter: Parameter, value: Any, place: Place) -> None:
        self._weight += parameter.source.weight(value)
        if self._weight > self._bounds.conditions:
            raise InvalidConditionError(place, f"at most {self._bounds.conditions} conditions in all")

    def _require(self, read: Joined) -> None:
        """Tells of what must be said; not where something that was said is left out."""
        if self._problems:
            return
        said = always_said(read)
        for parameter in self._sayable.declared.parameters.values():
            if parameter.required and parameter.attribute not in said:
                self._tell([told("missing", self._sayable.place(parameter), "Field required")])


def always_said(tree: Joined) -> frozenset[str]:
    """The parameters of which something is said whichever of the alternatives holds."""
    if tree.negated or not tree.parts:
        return frozenset()
    found = [
        always_said(part) if isinstance(part, Joined) else frozenset((part.word,)) for part in tree.parts
    ]
    return frozenset.union(*found) if tree.connector == "and" else frozenset.intersection(*found)


def said_anywhere(tree: Joined) -> frozenset[str]:
    """The parameters of which anything is said, in whatever alternative or negation."""
    found = [
        said_anywhere(part) if isinstance(part, Joined) else frozenset((part.word,)) for part in tree.parts
    ]
    return frozenset[str]().union(*found)


class _UnfitError(Exception):
    """A value is none that any parameter takes."""


def _valid(operator: Operator, value: Any) -> Any:
    """A value as its parameter reads it. Raises ValidationError, _UnfitError."""
    plain = _is_json(value, DEEPEST_VALUE)
    valid = operator.adapter.validate_python(value)
    if plain and not operator.kinds.take(value):
        # What a URL can only say by text, a body says by its kind.
        raise _UnfitError(f"Input should be of JSON's {operator.kinds}")
    return valid


def _is_json(value: Any, deepest: int) -> bool:
    """Whether a value may come from JSON. Raises _UnfitError for what neither database could be asked for."""
    if isinstance(value, str):
        _check_text(value)
        return True
    if isinstance(value, (list, dict)):
        if not deepest:
            raise _UnfitError(f"Input should be nested at most {DEEPEST_VALUE} deep")
        members = value if isinstance(value, list) else [*value, *value.values()]
        return all(_is_json(each, deepest - 1) for each in members)
    return value is None or isinstance(value, (bool, int, float))


def _check_text(text: str) -> None:
    if "\0" in text or (not text.isascii() and text != text.encode("utf-8", "ignore").decode()):
        raise _UnfitError("Input should be text of Unicode, without the character 0")


def _undeclared(column: Column, said: Said) -> tuple[str, Place, str, Any]:
    if said.word not in ("", "not"):
        return _UNDECLARED, said.place, _NOT_PERMITTED, said.value
    forms = ["a value"] if column.alone else []
    if column.operators:
        forms.append(f"an object of {', '.join(sorted(column.operators))}")
    return "invalid_condition", said.place, f"Input should be {' or '.join(forms)}", said.value
