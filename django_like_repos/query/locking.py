"""What rows that ``select_for_update()`` locks cannot be."""

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query.shapes import Frame


def refuse_locked(frame: Frame, call: str, why: str) -> None:
    """Raises UnsupportedOperationError where a call makes something else of rows that are to be locked."""
    if frame.locked is not None:
        raise UnsupportedOperationError(
            f"{call} cannot follow select_for_update(), which locks rows of a table: {why}"
        )
