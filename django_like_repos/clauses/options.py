"""``options()`` and ``execution_options()``."""

from collections.abc import Mapping
from typing import Any

from django_like_repos.clauses.checks import NO_KEYWORDS, refuse_sliced, relation_named
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.fetch_modes import FetchMode
from django_like_repos.mapping.options import is_loader, is_stable, reaching
from django_like_repos.mapping.paths import Path
from django_like_repos.query import Query


def optioned(query: Query, options: tuple[Any, ...]) -> Query:
    """``options()``: relation paths to join and load, and SQLAlchemy loader options."""
    refuse_sliced(query, "options")
    refuse_combined(query, "options")
    settings = query.settings
    loads, loaders, volatile = [*settings.frame.loads], [*settings.loaders], [*settings.volatile]
    mode = settings.frame.fetch_mode
    for option in map(reaching, options):
        if isinstance(option, FetchMode):
            mode = option.mode
        elif is_loader(option):
            (loaders if is_stable(option) else volatile).append(option)
        else:
            _check_loadable(relation_named(query.names, option, "options"))
            loads.append(option)
    call = (query.last_call, "options", options, NO_KEYWORDS)
    loading = query.reframed(call, loads=tuple(dict.fromkeys(loads)), fetch_mode=mode)
    foreign = query.foreign or bool(loaders or volatile)
    return loading.evolve(loaders=tuple(loaders), volatile=tuple(volatile), foreign=foreign)


def with_execution_options(query: Query, options: Mapping[str, Any]) -> Query:
    """``execution_options()``: added to those that were given before.

    Raises UnsupportedOperationError for what a list of rows has no use for.
    """
    if "yield_per" in options:
        raise UnsupportedOperationError(
            "execution_options(yield_per=…): a queryset gives all of its rows at once; some after the "
            "others come by session.stream_scalars(queryset.as_select().execution_options(yield_per=…))"
        )
    merged = {**query.execution_options, **options}
    return query.evolve(
        execution_options=merged, last_call=(query.last_call, "execution_options", (), options)
    )


def _check_loadable(path: Path) -> None:
    """Raises UnsupportedOperationError for what joined rows cannot fill."""
    for hop in path.named:
        if hop.relation is None:
            raise UnsupportedOperationError(
                f"options({path.name!r}): {hop.key} is a subclass and no relation; "
                "its attributes are loaded by SQLAlchemy's selectin_polymorphic()"
            )
        if hop.relation.lazy in ("write_only", "dynamic"):
            raise UnsupportedOperationError(
                f"options({path.name!r}): {hop!r} is {hop.relation.lazy} and never holds what was loaded; "
                "query it on its own"
            )
