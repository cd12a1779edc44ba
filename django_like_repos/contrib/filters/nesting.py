"""``Nested``: the parameters of another ``FilterSet``, of what a relation leads to."""

from typing import Any

from django_like_repos.contrib.filters.declared import Declared
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.mapping.paths import Path, relation_path
from django_like_repos.query import names


class Nested:
    """The lookups and searches of another ``FilterSet`` along a relation: ``album = Nested(AlbumFilter)``.

    The relation is the one of that name, or a path of relations. What a request says along a to-many
    relation is of one related row. Orderings and methods stay where they are; a class that does more, by an
    ``apply()`` or validators of its own, is refused. Raises UnsupportedOperationError for no ``FilterSet``.
    """

    def __init__(self, filterset: type[Any], along: str | None = None) -> None:
        if not isinstance(getattr(filterset, "__declared__", None), Declared):
            raise UnsupportedOperationError(
                f"Nested() takes a FilterSet of what the relation leads to, not {filterset!r}"
            )
        self.filterset = filterset
        self.along = along

    def path(self, model: type[Any], name: str) -> Path:
        """The relations that it goes along, from a model under a name.

        Raises UnknownFieldError, UnsupportedOperationError for what is no relation or one to other rows.
        """
        path = relation_path(names(model), self.along or name)
        wanted = self.filterset.__declared__.model
        if not issubclass(path.mapper.class_, wanted):
            raise UnsupportedOperationError(
                f"{name}: {path} leads to {path.mapper.class_.__name__}, "
                f"and {self.filterset.__name__} is of {wanted.__name__}"
            )
        return path
