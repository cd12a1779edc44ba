"""A ``FilterSet``'s values, applied: conditions by groups, a ``filter()`` call each; then steps."""

from typing import Any, TypeVar

from django_like_repos.contrib.filters.declarations import Condition, Step
from django_like_repos.contrib.filters.declared import Parameter
from django_like_repos.contrib.filters.doors import refusal_of
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.queryset import QuerySet

Chain = TypeVar("Chain", bound=QuerySet[Any, Any])


def applied(filterset: Any, queryset: Chain) -> Chain:
    """A queryset with what is asked for. Raises UnsupportedOperationError for one of another model."""
    declared = filterset.__declared__
    if not isinstance(queryset, QuerySet) or not issubclass(queryset._query.model, declared.model):
        raise UnsupportedOperationError(
            f"{type(filterset).__name__} filters querysets of {declared.model.__name__}, not {queryset!r}"
        )
    calls: dict[str, list[Any]] = {}
    steps: list[tuple[Parameter, Step, Any]] = []
    for parameter in declared.parameters.values():
        value = getattr(filterset, parameter.attribute)
        if value is None:
            continue
        source = parameter.source
        if isinstance(source, Condition):
            condition = source.condition(value, together=parameter.group is not None)
            calls.setdefault(_call_of(parameter), []).append(condition)
        elif isinstance(source, Step):
            steps.append((parameter, source, value))
    for conditions in calls.values():
        queryset = queryset.filter(*conditions)
    for parameter, step, value in steps:
        try:
            queryset = step.applied(filterset, queryset, value)
        except InvalidLookupValueError as error:
            # What a method makes of a value is known no sooner.
            refusal = refusal_of(filterset)
            if refusal is None:
                raise
            raise refusal(parameter.name, value, error.expected or "another value") from error
    return queryset


def _call_of(parameter: Parameter) -> str:
    """The ``filter()`` call to which a condition belongs: of its group, its own, or of all the others."""
    if not parameter.source.crosses_to_many:
        return ""
    return parameter.attribute if parameter.group is None else f"+{parameter.group}"
