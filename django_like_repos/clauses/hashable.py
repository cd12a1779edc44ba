"""What goes into a set has to be hashable: what is not is refused before there is a row."""

from collections.abc import Hashable
from typing import Any

from django_like_repos.clauses.counterparts import Pending
from django_like_repos.clauses.fitting import CALL
from django_like_repos.clauses.schemas import name_of
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import Query
from django_like_repos.query.into import Made, Several


def check_hashable(query: Query, pending: Pending) -> None:
    """Raises UnsupportedOperationError where what is made of a query's rows cannot be in a set."""
    into, projection = query.settings.into, query.frame.projection
    assert into is not None
    assert projection is not None
    wrong = _unhashable(query, projection.fields, into.made)
    if wrong:
        raise UnsupportedOperationError(
            f"{CALL}(): {pending.told} is a {pending.collect.__name__}, and {wrong} cannot be in one: it is "
            "not hashable; a list or tuple takes it"
        )


def _unhashable(query: Query, fields: tuple[str, ...], part: Hashable) -> str:
    """What of a part of an object is not hashable, if something is."""
    if isinstance(part, Several):
        collect: Any = part.collect
        return collect.__name__ if collect in (list, set) else ""
    if isinstance(part, int):
        path = field_path(query.names.bare, fields[part])
        composite = path.composite.prop.composite_class if path.composite is not None else None
        plain = all(each.hashable for each in path.types)
        return "" if plain and getattr(composite, "__hash__", True) is not None else f"{path}"
    assert isinstance(part, Made)
    if part.type.__hash__ is None:
        return name_of(part.type)
    if part.type.__hash__ is object.__hash__:
        return ""
    return next(filter(None, [_unhashable(query, fields, each) for _, _, each in part.members]), "")
