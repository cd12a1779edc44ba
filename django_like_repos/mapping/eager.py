"""What the mapping itself loads with the rows of a model."""

from typing import Any, Final

from sqlalchemy.orm import Mapper

from django_like_repos.caching import cached_by_class


@cached_by_class(4096)
def loads_by_joins(mapper: Mapper[Any]) -> bool:
    """Whether the mapping itself has related rows joined to those of a model."""
    return any(relation.lazy in ("joined", False) for relation in mapper.relationships)


@cached_by_class(4096)
def loads_more(mapper: Mapper[Any]) -> bool:
    """Whether the mapping itself has related rows loaded with those of a model, in whatever way."""
    return any(relation.lazy not in _LATER for relation in mapper.relationships)


_LATER: Final = ("select", True, "raise", "raise_on_sql", "write_only", "dynamic", "noload", None)
