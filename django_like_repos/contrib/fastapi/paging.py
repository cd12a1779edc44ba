"""Pages as FastAPI's parameters: which one the client asks for, and the headers that lead to the others."""

import inspect
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

from fastapi import HTTPException, Query, Request, Response

from django_like_repos.clauses.paging import check_size
from django_like_repos.contrib.fastapi.answers import answering
from django_like_repos.contrib.fastapi.response_models import answered
from django_like_repos.errors import InvalidCursorError
from django_like_repos.pages import DEFAULT_SIZE, MOST, CursorPage, Page, Total
from django_like_repos.paging import Paging
from django_like_repos.tokens import LONGEST

Row = TypeVar("Row")
Params = TypeVar("Params", "PageParams", "CursorParams")

LARGEST_NUMBER: Final = 10**9
"""The last page that a client may ask for: what is beyond is no page of anything."""

_NUMBER: Final = "The number of the page, from 1."
_SIZE: Final = "How many items a page has."
_AFTER: Final = "The cursor of the page before: its `next`."
_BEFORE: Final = "The cursor of the page after: its `previous`."
_NONE: Final = answering(400, "A cursor that is none")


class PageParams:
    """``page`` and ``size`` of a request: ``params: PageParams = Depends()``, then ``params.page(queryset)``.

    Sizes go up to 1,000, and pages up to LARGEST_NUMBER; what is no number of a page is a 422.
    ``page_params(size=…, max_size=…)`` says otherwise.
    """

    def __init__(
        self,
        request: Request,
        response: Response,
        page: Annotated[int, Query(ge=1, le=LARGEST_NUMBER, description=_NUMBER)] = 1,
        size: Annotated[int, Query(ge=1, le=MOST, description=_SIZE)] = DEFAULT_SIZE,
    ) -> None:
        self._request = request
        self._response = response
        self.number = page
        self.size = size

    async def page(
        self, queryset: Paging[Row], *, total: Total = "exact", headers: bool = False, load: bool = True
    ) -> Page[Row]:
        """The page that was asked for.

        ``headers``: ``Link`` with the first page, the last one and those beside this one (RFC 8288), and
        ``X-Total-Count`` where the total is exact. ``load``: models are loaded with what the route's
        ``response_model`` reads of them (``load_for()``); without it, with what the queryset says.
        """
        queryset = answered(self._request, queryset) if load else queryset
        found = await queryset.page(self.number, self.size, total=total, max_size=self.size)
        if headers:
            numbers = {
                "first": 1,
                # Beyond the last page, back to that.
                "prev": min(self.number - 1, found.pages or self.number) if found.has_previous else None,
                "next": self.number + 1 if found.has_next else None,
                "last": max(found.pages, 1) if found.exact and found.pages is not None else None,
            }
            _link(self._request, self._response, {rel: {"page": n} for rel, n in numbers.items() if n})
            if found.exact:
                self._response.headers["X-Total-Count"] = str(found.total)
        return found


class CursorParams:
    """``after``, ``before`` and ``size`` of a request: as ``PageParams``, for ``cursor_page()``.

    A cursor that is none of ours is a 400, so are two of them. ``cursor_params(size=…, max_size=…)`` says
    other sizes.
    """

    def __init__(
        self,
        request: Request,
        response: Response,
        after: Annotated[
            str | None, Query(max_length=LONGEST, description=_AFTER, json_schema_extra=_NONE)
        ] = None,
        before: Annotated[
            str | None, Query(max_length=LONGEST, description=_BEFORE, json_schema_extra=_NONE)
        ] = None,
        size: Annotated[int, Query(ge=1, le=MOST, description=_SIZE)] = DEFAULT_SIZE,
    ) -> None:
        if after is not None and before is not None:
            raise HTTPException(400, "after or before, not both")
        self._request = request
        self._response = response
        self.after = after
        self.before = before
        self.size = size

    async def page(
        self,
        queryset: Paging[Row],
        *,
        headers: bool = False,
        load: bool = True,
        max_age: timedelta | None = None,
        secret: str | bytes | Iterable[str | bytes] | None = None,
    ) -> CursorPage[Row]:
        """The page that was asked for; ``headers``: ``Link`` with the first and those beside this one.

        ``load`` is as ``PageParams.page()`` has it.
        """
        queryset = answered(self._request, queryset) if load else queryset
        try:
            found = await queryset.cursor_page(
                after=self.after,
                before=self.before,
                size=self.size,
                max_size=self.size,
                max_age=max_age,
                secret=secret,
            )
        except InvalidCursorError as error:
            raise HTTPException(400, str(error)) from error
        if headers:
            links: dict[str, dict[str, Any]] = {"first": {}}
            if found.previous is not None:
                links["prev"] = {"before": found.previous}
            if found.next is not None:
                links["next"] = {"after": found.next}
            _link(self._request, self._response, links)
        return found


def page_params(
    *, size: int = DEFAULT_SIZE, max_size: int = MOST
) -> Callable[..., Coroutine[Any, Any, PageParams]]:
    """``PageParams`` of other sizes, as in ``Annotated[PageParams, Depends(page_params(max_size=100))]``."""
    check_size("page_params", "size", size, max_size)
    return _sized(PageParams, size, max_size)


def cursor_params(
    *, size: int = DEFAULT_SIZE, max_size: int = MOST
) -> Callable[..., Coroutine[Any, Any, CursorParams]]:
    """``CursorParams`` of other sizes, as ``page_params()``."""
    check_size("cursor_params", "size", size, max_size)
    return _sized(CursorParams, size, max_size)


def _sized(params: type[Params], size: int, most: int) -> Callable[..., Coroutine[Any, Any, Params]]:
    # Awaited in the event loop; the class FastAPI would call in a thread.
    async def dependency(**arguments: Any) -> Params:
        return params(**arguments)

    signature = inspect.signature(params)
    kind = Annotated[int, Query(ge=1, le=most, description=_SIZE)]
    sized = signature.parameters["size"].replace(annotation=kind, default=size)
    parameters = [sized if each.name == "size" else each for each in signature.parameters.values()]
    dependency.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return dependency


_OWN: Final = ("page", "after", "before")


def _link(request: Request, response: Response, links: dict[str, dict[str, Any]]) -> None:
    """Adds ``Link``s to other pages of the same request, relative ones, which are right behind a proxy."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in _OWN]
    said = [f'<?{urlencode([*kept, *own.items()])}>; rel="{relation}"' for relation, own in links.items()]
    response.headers.append("Link", ", ".join(said))
