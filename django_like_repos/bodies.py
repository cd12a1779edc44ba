"""What a queryset gives as the text of an answer: its rows as JSON."""

from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

from django_like_repos import execution
from django_like_repos.clauses.bodies import to_write, to_write_one
from django_like_repos.errors import DoesNotExist, MultipleObjectsReturned
from django_like_repos.query import Query


class Bodies:
    """The terminal methods that give JSON."""

    if TYPE_CHECKING:
        _query: Query
        _session: AsyncSession | async_scoped_session[Any] | None

    async def json(self, kind: type[Any] | None = None, /, *, by_alias: bool | None = None) -> bytes:
        """The rows as a JSON array: the body of an answer, in UTF-8.

        ``kind`` is what ``into()`` takes, and the text is what pydantic's ``model_dump_json()`` would write
        of what ``into()`` would make, aliases too; without it rows of ``values()``, or of ``into()``. The
        database writes it, in one statement, with the lists at the ends of relations; what it cannot write
        just so is loaded and written by Python (``json_way()``). Nothing is validated where the database
        writes. Raises UnsupportedOperationError for models without a type, and what ``into()`` raises.
        """
        return (await execution.text(self._session, to_write(self._query, kind, by_alias))).body

    async def json_get(
        self, kind: type[Any] | None = None, /, *args: Any, by_alias: bool | None = None, **kwargs: Any
    ) -> bytes:
        """The only row as a JSON object: ``json_get(BookOut, id=1)``, with the conditions of ``filter()``.

        Raises DoesNotExist and MultipleObjectsReturned, and what ``json()`` raises.
        """
        asked = to_write_one(self._query, kind, args, kwargs, by_alias)
        found = await execution.text(self._session, asked)
        if found.rows == 1:
            return found.body[1:-1]
        if found.rows:
            raise MultipleObjectsReturned(f"more than one {asked.read!r}")
        raise DoesNotExist(f"no {asked.read!r}")

    async def json_way(self, kind: type[Any] | None = None, /, *, by_alias: bool | None = None) -> str:
        """Who would write what ``json()`` gives, without asking for a row: ``"database"``, or ``"python: "``
        and why the database would not."""
        return await execution.text_way(self._session, to_write(self._query, kind, by_alias))
