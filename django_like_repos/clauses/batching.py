"""``in_batches()``: which rows are written at a time, in the order of their keys."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django_like_repos.clauses.checks import by_ourselves, refuse_sliced
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.clauses.filtering import filtered_by_key
from django_like_repos.clauses.locking import check_waits, unlocked
from django_like_repos.clauses.ordering import ordered
from django_like_repos.clauses.projecting import projected
from django_like_repos.clauses.setting import set_fields
from django_like_repos.clauses.slicing import sliced
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.query import Query

_NAME: Final = "in_batches"


def batched(query: Query, size: object) -> Query:
    """The rows that are written batch by batch. Raises UnsupportedOperationError where they have no key."""
    if type(size) is not int or size <= 0:
        raise UnsupportedOperationError(
            f"{_NAME}() takes the number of rows of a batch, 1 or more, not {size!r}"
        )
    refuse_sliced(query, _NAME)
    refuse_combined(query, _NAME)
    check_waits(query, _NAME)
    if query.frame.distinct_on:
        raise UnsupportedOperationError(
            f"{_NAME}() cannot follow distinct() of fields: filter(pk__in=…) of it says which rows: {query!r}"
        )
    if query.returning is not None:
        raise UnsupportedOperationError(
            f"{_NAME}() gives how many rows it has written, not those of returning(): they would be all in "
            f"memory: {query!r}"
        )
    return query


def keys_beyond(query: Query, after: Any, size: int) -> Query:
    """The next keys of a query's rows, in their order. Raises InvalidLookupValueError for what is no key."""
    mapper = mapper_of(query.model)
    name = key_name(mapper)

    def asked(free: Query) -> Query:
        rest = free if after is None else filtered_by_key(free, after, "__gt")
        rest = rest.evolve(frame=rest.frame._replace(distinct=True), flush=False, commit=False)
        fields = tuple([field.key for field in key_of(mapper)])
        return sliced(projected(ordered(rest, (name,)), "values_list", fields, "tuple"), None, size)

    return by_ourselves(unlocked(query), asked)


def of_keys(query: Query, keys: Sequence[Any]) -> Query:
    """Those rows of a query that have these keys."""
    return by_ourselves(query, lambda free: filtered_by_key(free, keys, "__in"))


def check_keeps_key(query: Query, names: Iterable[str]) -> None:
    """Raises UnsupportedOperationError where a key is set, by which rows are gone through."""
    key = {field.key for field in key_of(mapper_of(query.model))}
    for name in names:
        if key & {field.key for field in set_fields(query.names, "update", name)}:
            raise UnsupportedOperationError(
                f"{_NAME}() goes through rows by their keys, which update({name}=…) changes: without it, "
                "update() changes them in one statement"
            )
