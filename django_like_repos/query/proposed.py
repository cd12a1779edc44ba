"""``Proposed``: the row that a bulk write brings, beside the row that is there already."""

from django_like_repos.query.expressions import Expression


class Proposed(Expression):
    """What ``upsert()`` brings for a field, where a row is there already (SQL: ``excluded``).

    ``F`` is of the row that is there: ``update_fields={"n": F("n") + Proposed("n")}``,
    ``where=Q(version__lt=Proposed("version"))``. ``name`` is a column of the model's own. Raises
    UnsupportedOperationError wherever else it is given.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Proposed({self.name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proposed) and self.name == other.name

    def __hash__(self) -> int:
        return hash((Proposed, self.name))
