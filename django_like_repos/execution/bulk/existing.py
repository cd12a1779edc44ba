"""``existing_pks()``: which of many keys rows have."""

from collections.abc import Iterable
from typing import Any

from django_like_repos.clauses.filtering import filtered_by_key
from django_like_repos.clauses.projecting import projected
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import reading
from django_like_repos.execution.running import run
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query


async def existing_keys(session: SomeSession | None, query: Query, keys: Iterable[Any]) -> set[Any]:
    """Those keys that rows have, as the database has them."""
    if isinstance(keys, (str, bytes)) or not isinstance(keys, Iterable):
        raise UnsupportedOperationError(f"existing_pks() takes a list of primary keys, not {keys!r}")
    names = tuple([field.key for field in key_of(mapper_of(query.model))])
    bare = query.evolve(flush=False, commit=False, returning=None)
    among = filtered_by_key(bare, [*keys], "__in")
    asked = projected(among, "values_list", names, "scalar" if len(names) == 1 else "tuple")
    return {*await run(session, query, lambda sync: reading.fetch(sync, asked))}
