"""What a queryset finds by relations that lead to rows of the same model: trees, and other graphs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

from django_like_repos.clauses.growing import grown
from django_like_repos.clauses.trees import Wanted, walked
from django_like_repos.query import Query

Order = Literal["depth", "path"]


class Descending:
    """The chain methods that follow a relation again and again: each gives a copy."""

    if TYPE_CHECKING:
        _query: Query

        def _with(self, query: Query) -> Self: ...

    def descendants(
        self,
        *,
        of: Any,
        via: str | Sequence[str],
        through: Any = None,
        depth: str | None = "depth",
        max_depth: int | None = None,
        order: Order | None = None,
        siblings: Any = (),
        include_self: bool = False,
    ) -> Self:
        """Rows that are reached from others by relations to the same model, however many steps it takes.

        ``of``: an object, a key, a list of them, or a queryset. ``via``: the relation that is followed, or
        several; ``"-parent"`` is ``parent`` from its end. Each row comes once, and cycles end; the rows of
        ``of`` are left out unless ``include_self``. ``through``: a condition on the rows that are come to;
        where it does not hold, neither the row counts nor what is reached through it alone. ``depth``: the
        name under which models carry how many steps lead to them at least; None for none. ``max_depth``:
        how many there are at most. ``order``: ``"depth"``, or ``"path"``, each row before what is reached
        through it; ``siblings``: within that, as ``order_by()`` takes it, by primary key if left out.

        Raises UnknownFieldError, UnsupportedOperationError for a relation that does not lead back to the
        model, objects of others or without a key, and a name that is taken, and InvalidLookupValueError.
        """
        wanted = Wanted(through, depth, max_depth, order, siblings, include_self)
        return self._with(walked(self._query, "descendants", of, via, wanted))

    def ancestors(
        self,
        *,
        of: Any,
        via: str | Sequence[str],
        through: Any = None,
        depth: str | None = "depth",
        max_depth: int | None = None,
        order: Order | None = None,
        siblings: Any = (),
        include_self: bool = False,
    ) -> Self:
        """The same as ``descendants()``, for what leads upwards: ``via="parent"``, ``"-children"``."""
        wanted = Wanted(through, depth, max_depth, order, siblings, include_self)
        return self._with(walked(self._query, "ancestors", of, via, wanted))

    def load_tree(
        self, via: str | Sequence[str] | None, *, through: Any = None, max_depth: int | None = None
    ) -> Self:
        """Loads all that is reached from the models, into the relations that lead there.

        ``via``: a relation of the model to itself, or several: ``nodes.load_tree("children").get(pk=1)``.
        One more statement reads the objects, however deep they lie, and one each many-to-many relation.
        What the models are loaded with, by ``only()``, ``select_related()`` and ``prefetch_related()``, all
        of them are. Nothing is left to be loaded: the collections of leaves are empty, and what a relation
        leads back to is set. ``through`` and ``max_depth`` are those of ``descendants()``; relations of
        objects so deep stay as they are. It is said once; None forgets it, and there is none where no models
        are made: ``into()`` refuses it, and ``values()`` where ``through`` or ``max_depth`` are said. Raises
        UnknownFieldError, and UnsupportedOperationError for what is no relation to the model.
        """
        return self._with(grown(self._query, via, through, max_depth))
