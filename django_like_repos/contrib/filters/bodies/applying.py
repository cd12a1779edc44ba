"""What a body says, applied to a queryset, and the defaults of the ``FilterSet`` where it says nothing."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django_like_repos.contrib.filters.applying import check_model
from django_like_repos.contrib.filters.bodies.judging import said_anywhere
from django_like_repos.contrib.filters.bodies.sayable import sayable
from django_like_repos.contrib.filters.declarations import Condition
from django_like_repos.contrib.filters.declared import Declared
from django_like_repos.contrib.filters.ordering import Ordered, totally_ordered
from django_like_repos.query.conditions import of_joined
from django_like_repos.query.data import Joined, Said, Sorted
from django_like_repos.query.expressions import term_of
from django_like_repos.queryset import QuerySet

Chain = TypeVar("Chain", bound=QuerySet[Any, Any])


def filtered(filterset: Any, read: Joined, queryset: Chain) -> Chain:
    """A queryset with conditions, and what the ``FilterSet`` does by default, or to every request."""
    declared: Declared = filterset.__declared__
    check_model(filterset, queryset)

    def say(said: Said) -> Any:
        source = declared.parameters[said.word].source
        assert isinstance(source, Condition)
        # Whatever is said is said of one related row.
        return source.condition(said.value, together=True)

    said = said_anywhere(read)
    sent = {
        each.name: None if each.attribute in said or isinstance(each.source, Ordered) else each.default
        for each in declared.parameters.values()
    }
    # What is sent by default is valid already, and what must be sent was said elsewhere. A default beside
    # what an alternative, or a negation, says of the same parameter would contradict that.
    applied: Chain = filterset.model_construct(**sent).apply(queryset)
    return applied.filter(of_joined(read, say))


def ordered(filterset: Any, read: list[Sorted], queryset: Chain) -> Chain:
    """A queryset in an order; in that by default where there is none."""
    declared: Declared = filterset.__declared__
    check_model(filterset, queryset)
    if not read:
        for parameter in declared.parameters.values():
            if isinstance(parameter.source, Ordered) and parameter.default is not None:
                queryset = parameter.source.applied(None, queryset, parameter.default)
        return queryset
    terms = [_term(sayable(declared).terms, each) for each in read]
    names = tuple([f"-{each.name}" if each.descending else each.name for each in terms])
    found: Chain = totally_ordered(queryset, tuple([term_of(each) for each in terms]), names)
    return found


def _term(terms: Mapping[str, str], said: Sorted) -> Sorted:
    """A term by the name that ``order_by()`` knows."""
    term = terms[f"-{said.name}" if said.descending else said.name]
    return said._replace(name=term.removeprefix("-"), descending=term.startswith("-"))
