"""Pages: their rows, how many there are on all of them, and the cursors that lead from one to the next."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.clauses import paging, sliced
from django_like_repos.errors import InvalidCursorError, UnsupportedOperationError
from django_like_repos.execution import explaining, reading
from django_like_repos.execution.actions import plans_for
from django_like_repos.execution.sessions import SIGNER
from django_like_repos.execution.shards import bind_of, is_sqlite, refuse_shards
from django_like_repos.mapping.models import mapper_of
from django_like_repos.pages import Batch, Capped, CursorPage, Page, Total
from django_like_repos.query import Query
from django_like_repos.tokens import Place, Signer, fingerprint

Placed = tuple[Any, tuple[Any, ...]]


class Turn(NamedTuple):
    """Which page of those that cursors lead to."""

    after: Any
    before: Any
    size: int
    signer: Signer | None
    max_age: float | None


def page(session: Session, query: Query, wanted: paging.Wanted, total: Total) -> Page[Any]:
    """A page by its number."""
    refuse_shards(session, "page()")
    if total == "estimated" and is_sqlite(session, mapper_of(query.model)):
        raise UnsupportedOperationError(
            "page(): SQLite estimates no number of rows: total='exact', or total=Capped(n)"
        )
    found = reading.fetch(session, paging.page_of(query, wanted))
    items = found[: wanted.size]
    more = len(found) > wanted.size
    # The rows of the last page say how many there are.
    known = None if more or (wanted.offset and not items) else wanted.offset + len(items)
    number, exact = (known, True) if known is not None else _number(session, query, total)
    return Page(
        items=items,
        page=wanted.number,
        size=wanted.size,
        total=number,
        pages=None if number is None else -(-number // wanted.size),
        exact=exact,
        has_next=more,
        has_previous=wanted.offset > 0,
    )


def _number(session: Session, query: Query, total: Total) -> tuple[int | None, bool]:
    """How many rows there are, if somebody counts them, and whether that is exact."""
    if total == "none":
        return None, False
    if total == "estimated":
        return _estimated(session, query), False
    query = reading.unordered(query, chooses=False)
    if not isinstance(total, Capped):
        return reading.number(session, query), True
    number = reading.number(session, sliced(query, 0, total.most + 1))
    return min(number, total.most), number <= total.most


def _estimated(session: Session, query: Query) -> int:
    if query.never:
        return 0
    said = explaining.explain(session, reading.unordered(query), {"format": "json"})
    (plan,) = json.loads(said)
    return int(plan["Plan"]["Plan Rows"])


def cursor_page(session: Session, query: Query, turn: Turn) -> CursorPage[Any]:
    """A page by the cursor of another. Raises InvalidCursorError."""
    refuse_shards(session, "cursor_page()")
    signer = turn.signer or session.info.get(SIGNER)
    if signer is None:
        raise UnsupportedOperationError(
            "cursors are signed, and there is no secret: Database(url, secret=…), or cursor_page(secret=…)"
        )
    backwards = turn.before is not None
    token = turn.before if backwards else turn.after
    if query.never:
        if token is not None:
            raise InvalidCursorError("this cursor is not of this query, which has no rows")
        return CursorPage([], turn.size, None, None, False, False)
    query = reading.with_needed(query)
    known = _fingerprint(session, query)
    place = None if token is None else _whole(session, query, signer.read(token, known, turn.max_age))
    found = _found(session, paging.turned(query) if backwards else query, place, turn.size + 1)
    more = len(found) > turn.size
    found = found[: turn.size]
    # In the order in which they were found, the last is where to go on.
    items = [row for row, _ in (reversed(found) if backwards else found)]
    items = reading.finished(session, items, query)
    enough = paging.told_apart_by(query)
    following, preceding = _ends(found, place, more, backwards=backwards)
    return CursorPage(
        items=items,
        size=turn.size,
        next=None if following is None else signer.sign(following, known, enough),
        previous=None if preceding is None else signer.sign(preceding, known, enough),
        has_next=following is not None,
        has_previous=preceding is not None,
    )


def batch(
    session: Session, query: Query, place: Place | str | None, size: int, signer: Signer | None
) -> tuple[Batch[Any], Place | None]:
    """The next rows beyond a place, or a token of one; the place of the last. Raises InvalidCursorError."""
    refuse_shards(session, "batches()")
    if query.never:
        return Batch([], str), None
    query = reading.with_needed(query)
    signer = signer or session.info.get(SIGNER)
    known = _fingerprint(session, query)
    if isinstance(place, str):
        place = _whole(session, query, (signer or Signer(_OPEN)).read(place, known))
    found = _found(session, query, place, size)
    rows = reading.finished(session, [row for row, _ in found], query)
    end = Place(found[-1][1]) if found else None
    enough = paging.told_apart_by(query)

    def token() -> str:
        return "" if end is None else (signer or Signer(_OPEN)).sign(end, known, enough)

    return Batch(rows, token), end


_OPEN: Final = "known to everybody, since there is no secret"
"""What signs the tokens of batches where nothing else does: they are kept, and given to nobody."""


def _whole(session: Session, query: Query, place: Place) -> Place:
    """A place with all its values; those that were too long for a cursor are read of its row as it is now."""
    if not place.shortened:
        return place
    found = reading.placed(session, paging.standing_at(query, place))
    if not found:
        raise InvalidCursorError("the row of this cursor is gone: begin again")
    ((_, values),) = found
    return Place(tuple(values), place.inclusive)


def _ends(
    found: Sequence[Placed], place: Place | None, more: bool, *, backwards: bool
) -> tuple[Place | None, Place | None]:
    """The places that the next page and the one before go on from, where there is any.

    On the side that was come from there is one, unless somebody removed its rows since.
    """
    if found:
        ahead, behind = found[-1], found[0]
    elif place is not None:
        # The row at the place itself was passed over; on the way back it is not.
        back = place._replace(inclusive=not place.inclusive)
        return (back, None) if backwards else (None, back)
    else:
        return None, None
    onward = Place(ahead[1]) if more else None
    back_again = Place(behind[1]) if place is not None else None
    return (back_again, onward) if backwards else (onward, back_again)


def _found(session: Session, query: Query, place: Place | None, limit: int) -> list[Placed]:
    """The first rows beyond a place, each with its own."""
    if place is None:
        return reading.placed(session, paging.limited(query, limit))
    found: list[Placed] = []
    for part in paging.beyond(query, place, sqlite=is_sqlite(session, mapper_of(query.model))):
        if len(found) < limit:
            found += reading.placed(session, paging.limited(part, limit - len(found)))
    return found


def _fingerprint(session: Session, query: Query) -> bytes:
    """What tells a query from others, whatever it loads of its rows."""
    frame = query.frame.unfilled._replace(keyset=None)
    plan, params = plans_for(session, query).prepare(plans.ORDERED, query.evolve(frame=frame))
    said = _SAID.get(plan.statement)
    if said is None:
        dialect = bind_of(session, mapper_of(query.model)).dialect
        compiled = plan.statement.compile(dialect=dialect)
        said = _SAID[plan.statement] = str(compiled), compiled.params
    text, own = said
    return fingerprint(text, {**own, **params})


_SAID: Final[WeakKeyDictionary[Any, tuple[str, Mapping[str, Any]]]] = WeakKeyDictionary()
"""The texts of statements, and the values that stand in them."""
