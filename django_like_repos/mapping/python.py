"""Python code of the user's that says SQL wherever an operator meets it: comparators, and types that compare.

Nothing that it says can be kept, for it may read the clock, or the very value that is compared with.
"""

from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement
from sqlalchemy.sql.operators import ColumnOperators, is_, is_not
from sqlalchemy.types import TypeEngine

from django_like_repos.caching import cached_by_class
from django_like_repos.errors import UnsupportedOperationError

_COMPARISONS: Final = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}
_OPERATIONS: Final = (
    {*dir(ColumnOperators)} - {*dir(object)} | _COMPARISONS | {"__clause_element__", "_adapt_expression"}
)


@cached_by_class(4096)
def operates(comparator: Any) -> bool:
    """Whether a comparator's class says an operator in Python; one that only adds methods does not."""
    return any(_OPERATIONS & vars(each).keys() for each in _of_users(comparator))


@cached_by_class(4096)
def _chooses(kind: type[Any]) -> bool:
    """Whether a type's class says in Python with what type another value is compared with it."""
    return any("coerce_compared_value" in vars(each) for each in _of_users(kind))


def speaks(side: Any) -> bool:
    """Whether Python code of the user's says what an operator does with a side."""
    # The comparator of what is SQL already is its type's.
    if not isinstance(side, ColumnElement) and operates(type(getattr(side, "comparator", None))):
        return True
    type_ = getattr(side, "type", None)
    return isinstance(type_, TypeEngine) and (_chooses(type(type_)) or operates(type_.comparator_factory))


def for_python(left: Any, right: Any) -> Any:
    """The right side of an operator; where Python code says it, the value itself, which the code may read."""
    bare = isinstance(right, BindParameter) and right.value is not None and speaks(left)
    return right.value if bare else right


def completed(attribute: Any, type_: TypeEngine[Any]) -> Any:
    """A hybrid's attribute with the type that its comparator lacks, and an error for what it does not say.

    Whether there is a value at all is asked of the expression itself.
    """
    if hasattr(attribute, "type"):
        return attribute
    comparator, say = type(attribute.comparator).__name__, attribute.operate

    def operate(operator: Any, *others: Any, **options: Any) -> Any:
        if operator in (is_, is_not):
            return operator(attribute.__clause_element__(), *others, **options)
        try:
            return say(operator, *others, **options)
        except NotImplementedError:
            raise UnsupportedOperationError(
                f"{attribute}: {comparator} does not say {operator.__name__.removesuffix('_op')!r}: "
                "its operate() says every operator"
            ) from None

    attribute.type, attribute.operate = type_, operate
    return attribute


@cached_by_class(4096)
def is_ours(kind: type[Any]) -> bool:
    """Whether a class is of this package, and so a function of what it is given and of nothing else."""
    return kind.__module__.startswith("django_like_repos.")


def _of_users(kind: Any) -> list[type[Any]]:
    return [each for each in getattr(kind, "__mro__", ()) if not _is_known(each)]


def _is_known(kind: type[Any]) -> bool:
    return kind.__module__.partition(".")[0] in ("sqlalchemy", "django_like_repos", "builtins", "typing")


def elements_of(part: Any) -> list[ColumnElement[Any]]:
    """The SQL expressions in what a lookup is given: one, several, or none."""
    if isinstance(part, (tuple, list)):
        return [element for each in part for element in elements_of(each)]
    return [part] if hasattr(part, "_generate_cache_key") else []
