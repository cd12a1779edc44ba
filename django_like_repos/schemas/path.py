"""``Path``: what a field of a type stands for, where its name does not say it."""

from typing import Any

from django_like_repos.errors import UnsupportedOperationError


class Path:
    """What a field is read from: ``Annotated[str, Path("status__code")]``.

    It may be an expression, ``Path(Count("plays"))``. ``Path(None)``: nothing, the field keeps its default.
    For ``load_for()`` it may be several names: what a property of the model reads. Raises
    UnsupportedOperationError for what names nothing.
    """

    __slots__ = ("expression", "names")

    def __init__(self, *sources: Any) -> None:
        if not sources:
            raise UnsupportedOperationError(
                'Path() takes a name, as in Path("status__code"), or an expression'
            )
        texts = [each for each in sources if isinstance(each, str) and each]
        if "" in sources or (len(texts) != len(sources) and len(sources) != 1):
            raise UnsupportedOperationError(f"Path() takes names, or one expression, not {sources!r}")
        self.names: tuple[str, ...] = tuple(texts)
        self.expression: Any = None if texts else sources[0]

    @property
    def nothing(self) -> bool:
        """Whether the field keeps its default."""
        return not self.names and self.expression is None

    def __repr__(self) -> str:
        said = self.names or (self.expression,)
        return f"Path({', '.join(map(repr, said))})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Path):
            return NotImplemented
        return (self.names, self.expression) == (other.names, other.expression)

    def __hash__(self) -> int:
        return hash((Path, self.names))
