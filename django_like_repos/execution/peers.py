"""Peers: the objects that one queryset in fetch mode ``peers`` gave, to be loaded for together."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from django_like_repos.mapping.fetch_modes import FetchMode
from django_like_repos.mapping.guard import mark_of
from django_like_repos.query.fetch_modes import PEERS


def bring_together(models: Iterable[Any], mark: FetchMode) -> None:
    """Makes peers of the models that a query has given; ``mark`` was on its statement."""
    mark.gave(models)
    for model in models:
        state = inspect(model)
        before = mark_of(state)
        # The session had it already: it is in the company of those that it came with last. Of one that no
        # query of ours has loaded nothing is changed.
        if before is not None and before is not mark:
            state.load_options = tuple(mark if each is before else each for each in state.load_options)


def peers_of(model: Any) -> list[Any]:
    """The objects to load something for when it is loaded for a model: itself, and its peers if it has any.

    Those that are alive and still in its session, in the order in which they were given.
    """
    state = inspect(model)
    mark = mark_of(state)
    if not isinstance(mark, FetchMode) or mark.mode != PEERS or state.session is None:
        return [model]
    given = mark.members
    if not any(each is model for each in given):
        # A child that came with others of its parents, or what a statement of SQLAlchemy's has loaded.
        given = [each.obj() for each in state.session.identity_map.all_states() if _came_with(each, state)]
    return [each for each in given if each is not None and _is_here(inspect(each), state)]


def _came_with(other: InstanceState[Any], state: InstanceState[Any]) -> bool:
    return mark_of(other) is mark_of(state) and other.load_path == state.load_path


def _is_here(other: InstanceState[Any], state: InstanceState[Any]) -> bool:
    return other.session is state.session and other.persistent
