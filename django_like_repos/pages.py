"""Pages: what ``page()``, ``cursor_page()`` and ``batches()`` give. Plain values, which pydantic reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Literal, NamedTuple

from typing_extensions import TypeVar

Row = TypeVar("Row")

DEFAULT_SIZE: Final = 20
MOST: Final = 1000
"""Rows of a page, where nobody says otherwise."""


class Capped(NamedTuple):
    """A total that is counted up to a number, and not beyond."""

    most: int


Total = Literal["exact", "estimated", "none"] | Capped


class _Read:
    # Rows are made into the response model's items although the page is made already.
    __pydantic_config__: ClassVar[Any] = {"revalidate_instances": "always", "from_attributes": True}


@dataclass(frozen=True)
class Page(_Read, Generic[Row]):
    """Some rows of a query, and where they stand among all of them."""

    items: list[Row]
    page: int
    """Its number, from 1."""
    size: int
    """How many items a page has, the last one aside."""
    total: int | None
    """How many rows there are on all pages; None where nobody counted."""
    pages: int | None
    exact: bool
    """Whether ``total`` is the number of rows: else it is the planner's guess, a number that was counted up
    to, or not there."""
    has_next: bool
    has_previous: bool


@dataclass(frozen=True)
class CursorPage(_Read, Generic[Row]):
    """Some rows of a query, and the cursors that lead to those around them."""

    items: list[Row]
    size: int
    next: str | None
    """For ``after=``; None where no row comes after these."""
    previous: str | None
    """For ``before=``; None where these are the first."""
    has_next: bool
    has_previous: bool


class Batch(list[Row]):
    """Some rows of a query, as ``batches()`` gives them: a list that knows where to go on."""

    def __init__(self, rows: Iterable[Row], token: Callable[[], str]) -> None:
        super().__init__(rows)
        self._token = token

    @property
    def token(self) -> str:
        """For ``batches(after=)``: the place of the last row, signed, good for the same query and order."""
        return self._token()
