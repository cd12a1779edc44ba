"""What a queryset gives page by page: by number, or by the cursor of the page before."""

import sys
import warnings
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session
from typing_extensions import TypeVar

from django_like_repos import execution
from django_like_repos.clauses import paging
from django_like_repos.errors import UnorderedPageWarning, UnsupportedOperationError
from django_like_repos.execution.paging import Turn
from django_like_repos.pages import DEFAULT_SIZE, MOST, CursorPage, Page, Total
from django_like_repos.query import Query
from django_like_repos.tokens import Signer

Row = TypeVar("Row", default=Any)


class Paging(Generic[Row]):
    """The terminal methods that give some rows and the way to the others."""

    if TYPE_CHECKING:
        _query: Query
        _session: AsyncSession | async_scoped_session[Any] | None

    @property
    def totally_ordered(self) -> bool:
        """Whether the order leaves no two rows in either order (Django 6.1: ``QuerySet.totally_ordered``).

        It does not where it ends with what is unique and never NULL: the primary key, a unique column, the
        columns of a unique constraint.
        """
        return paging.is_totally_ordered(self._query)

    async def page(
        self,
        number: int | None = None,
        size: int | None = None,
        *,
        offset: int | None = None,
        limit: int | None = None,
        total: Total = "exact",
        max_size: int = MOST,
    ) -> Page[Row]:
        """The rows of one page, by its number from 1 and its size, or by ``offset`` and ``limit``.

        ``total``: ``"exact"`` counts all rows, ``Capped(n)`` no more than n of them, ``"estimated"`` asks the
        planner of PostgreSQL, ``"none"`` nobody; the last page tells by itself. Beyond it there are no items
        (Django's ``Paginator`` raises EmptyPage). Warns of an order that is not total (UnorderedPageWarning);
        raises UnsupportedOperationError for what is no page, or one of more than ``max_size`` rows.
        """
        query = self._query
        wanted = paging.wanted(query, number, size, offset, limit, max_size)
        paging.check_total(total)
        if not paging.is_totally_ordered(query) and not query.never:
            warnings.warn(
                f"page() of {query!r}: rows of the same rank may be on two pages, or on none: end the order "
                "with what is unique, order_by(…, 'pk')",
                UnorderedPageWarning,
                stacklevel=_outside(),
            )
        return await execution.page(self._session, query, wanted, total)

    async def cursor_page(
        self,
        *,
        after: str | None = None,
        before: str | None = None,
        size: int = DEFAULT_SIZE,
        max_size: int = MOST,
        max_age: timedelta | None = None,
        secret: str | bytes | Iterable[str | bytes] | None = None,
    ) -> CursorPage[Row]:
        """The first rows, those ``after`` a cursor, or the last ones ``before`` it (keyset pagination).

        Rows that nobody changes come once each, whatever is inserted, deleted or changed between pages.
        The primary key breaks ties. Cursors are ``next`` and ``previous`` of a page, signed with the secret
        of the ``Database`` or that given here, and good for the filters and the order they were made for.

        Raises InvalidCursorError for a cursor that is not ours or older than ``max_age``, and
        UnsupportedOperationError for a size that is none, and for rows that have no order to go on in:
        slices, unions, an order over a to-many path.
        """
        paging.check_size("cursor_page", "size", size, max_size)
        if after is not None and before is not None:
            raise UnsupportedOperationError("cursor_page() takes after or before, not both")
        if max_age is not None and not (isinstance(max_age, timedelta) and max_age > timedelta()):
            raise UnsupportedOperationError(f"cursor_page(): max_age is a timedelta above 0, not {max_age!r}")
        signer = None if secret is None else Signer(secret)
        turn = Turn(after, before, size, signer, None if max_age is None else max_age.total_seconds())
        return await execution.cursor_page(self._session, paging.keyset_ordered(self._query), turn)


def _outside() -> int:
    """The ``stacklevel`` of whoever called this package, from the method that asks."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    return level


_PACKAGE: Final = f"{__package__}."
