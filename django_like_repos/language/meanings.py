"""What a function means: its SQL, and the type of what it gives.

The functions themselves are plain classes of floor 1. Each is given a meaning here by its class; a subclass
that has none of its own and says a ``function`` or a ``template`` is what its template says.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached_by_class
from django_like_repos.constructs.raw import templated
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import combined, common
from django_like_repos.language.kinds import Traits
from django_like_repos.query import Func, Names
from django_like_repos.query.shapes import Call

Says = Callable[..., Any]
"""The SQL of a call: of its shape and of the SQL of its arguments."""
Gives = TypeEngine[Any] | Callable[[Call, list[Traits]], TypeEngine[Any]] | None
"""The type of what it gives; None for that of the arguments, which must then agree."""
Options = Callable[[Names, Any, list[Traits]], Hashable]


class Meaning(NamedTuple):
    """How a function is said, and what it gives."""

    says: Says
    gives: Gives
    options: Options
    hidden: bool = False
    """Whether nobody knows what it reads."""

    @property
    def by_kinds(self) -> bool:
        """Whether its options follow from the kinds of its arguments and from what was given by keyword."""
        return self.options in _BY_KINDS

    def traits(self, call: Call, arguments: list[Traits]) -> Traits:
        """What is known of a call."""
        if call.type is not None:
            return combined(arguments, call.type)
        if self.gives is None:
            return common(arguments)
        type_ = self.gives if isinstance(self.gives, TypeEngine) else self.gives(call, arguments)
        return combined(arguments, type_)


_MEANINGS: Final[dict[type[Any], Meaning]] = {}
_BY_KINDS: Final[set[Options]] = set()


def by_kinds(options: Options) -> Options:
    """Says of a function that gives options that it looks at kinds and keywords only, and at no value."""
    _BY_KINDS.add(options)
    return options


Kinds = tuple[tuple[str, ...], ...]
"""Of what kinds arguments may be, the last one counting for all that follow."""
TAKEN: Final[dict[Options, Callable[[Any], Kinds]]] = {}
"""By functions that give options, what may be given beside those options."""


@by_kinds
def plain_options(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
    """What was given by keyword, which most functions take nothing of."""
    return _told(function.extra)


def means(*kinds: type[Any], gives: Gives = None, options: Options = plain_options) -> Callable[[Says], Says]:
    """Says what functions mean: a decorator of ``says(call, *arguments)``.

    ``gives`` is the type of the result. ``options(names, function, arguments)`` gives what decides the SQL
    beside the arguments, hashable, and raises for what does not go together.
    """

    def register(says: Says) -> Says:
        _MEANINGS.update(dict.fromkeys(kinds, Meaning(says, gives, options)))
        meaning_of.cache_clear()
        return says

    return register


@cached_by_class(1024)
def meaning_of(kind: type[Any]) -> Meaning:
    """The meaning of a class of functions. Raises UnsupportedOperationError where there is none."""
    for each in kind.__mro__:
        if each in _MEANINGS:
            return _MEANINGS[each]
        if any(name in each.__dict__ for name in ("function", "template", "arg_joiner")):
            return _TEMPLATED
    raise UnsupportedOperationError(f"{kind.__name__} says no function")


def _template_options(names: Names, function: Func, arguments: list[Traits]) -> Hashable:
    data = {"function": function.function, "template": function.template, "arg_joiner": function.arg_joiner}
    data.update(function.extra)
    template, joiner = data.pop("template"), data.pop("arg_joiner")
    if data["function"] is None and "%(function)s" in str(template):
        raise UnsupportedOperationError(f"{type(function).__name__} says no function")
    try:
        _ = str(template) % {**data, "expressions": "", "field": "", "distinct": ""}
    except (KeyError, ValueError, TypeError) as error:
        raise UnsupportedOperationError(f"{function!r}: its template lacks something: {error!r}") from None
    return template, joiner, _told(data)


def _told(data: Mapping[str, Any]) -> tuple[Any, ...]:
    """What is part of the SQL: 1, True and 1.0 are equal, and other texts."""
    return tuple([(name, value, type(value)) for name, value in sorted(data.items())])


def _from_template(call: Call, *arguments: Any) -> Any:
    template, joiner, data = options_of(call)
    return templated(
        template, joiner, arguments, {"distinct": "", **{name: value for name, value, _ in data}}
    )


def options_of(call: Call) -> Any:
    """What decides the SQL of a call beside its arguments, as the function's ``options`` gave it."""
    return call.options


def type_of_first(call: Call, arguments: list[Traits]) -> Any:
    """The type of the first argument, for functions that give its like."""
    return arguments[0].type


_TEMPLATED: Final = Meaning(_from_template, None, _template_options, hidden=True)
_MEANINGS[Func] = _TEMPLATED
