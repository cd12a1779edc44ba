"""What NotLoadedError says: which attribute of an object is not there, why, and the calls that load it."""

import re
from typing import Any

from sqlalchemy.orm import ColumnProperty, InstanceState, MapperProperty, RelationshipProperty

from django_like_repos.errors import DetachedError, NotLoadedError


def not_loaded(state: InstanceState[Any], key: str) -> NotLoadedError:
    """The error of an object in a session."""
    name = state.mapper.class_.__name__
    why, query, call = _told(state, key)
    ways = [query] if query else []
    return NotLoadedError(name, key, f"{why}: {', or '.join([*ways, f'await repo.{call}'])}")


def detached(state: InstanceState[Any], key: str) -> DetachedError:
    """The error of an object whose session has ended."""
    name = state.mapper.class_.__name__
    why, query, call = _told(state, key)
    way = query or f"await repo.{call} before the session ends"
    return DetachedError(name, key, f"{why}, and this {name} is in no session any more: {way}")


def _told(state: InstanceState[Any], key: str) -> tuple[str, str, str]:
    """Why an attribute is not there, what would have been added to the query, and what loads it now."""
    prop = state.mapper.attrs[key]
    variable = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", state.mapper.class_.__name__).lower()
    if isinstance(prop, RelationshipProperty):
        path = "__".join([*_path(state), key])
        verb = "prefetch_related" if prop.uselist else "select_related"
        return "was not loaded", f'add .{verb}("{path}") to the query', f'fetch_related({variable}, "{key}")'
    if state.expired:
        return "has expired, as all does by a rollback, or a commit", "", f"refresh_from_db({variable})"
    call = f'refresh_from_db({variable}, fields=["{key}"])'
    entity = _entity(state)
    if key in state.expired_attributes and (entity is None or key in entity.attrs):
        return "has expired", "", call
    cls = state.mapper.class_.__name__
    if entity is not None and key not in entity.attrs:
        parent = entity.class_.__name__
        return "was not loaded", f"add .options(selectin_polymorphic({parent}, [{cls}])) to the query", call
    if isinstance(prop, ColumnProperty) and prop.deferred:
        return "is deferred by its mapping", f"add .options(undefer({cls}.{key})) to the query", call
    return "was deferred", "leave it out of .defer(), or name it in .only()", call


def _path(state: InstanceState[Any]) -> list[str]:
    """The relations by which the query came to an object."""
    return [part.key for part in state.load_path.path if isinstance(part, MapperProperty)]


def _entity(state: InstanceState[Any]) -> Any:
    """The mapper of what the query asked for where it found an object; None if that is not known."""
    path = state.load_path.path
    return getattr(path[-1], "mapper", None) if path else None
