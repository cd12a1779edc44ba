"""What a queryset says of what its models have with them, and what is loaded for objects in hand."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

from sqlalchemy.ext.asyncio import async_object_session

from django_like_repos import clauses, execution
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.sessions import SomeSession
from django_like_repos.handling import Handled
from django_like_repos.mapping.fetch_modes import mode_of
from django_like_repos.query import Prefetch, Query
from django_like_repos.query.fetch_modes import FetchModeName
from django_like_repos.query.places import Place
from django_like_repos.query.writes import Writes
from django_like_repos.showing import Shown


class Loading(Shown, Handled):
    """The chain methods that decide no rows: each gives a copy."""

    def execution_options(self, /, **kwargs: Any) -> Self:
        """Hands options on to ``Session.execute()``."""
        return self._with(clauses.with_execution_options(self._query, kwargs))

    def returning(self, *args: str | None, return_model: bool = False) -> Self:
        """What ``update()`` and ``delete()`` give: fields, or the model; of None a number; else the keys."""
        return self._with(clauses.returned(self._query, args, model=return_model))

    def flush(self, flush: bool = True, /) -> Self:
        """Flushes the session after each operation of this queryset and of those made from it."""
        return self._with(self._query.evolve(flush=bool(flush)))

    def commit(self, commit: bool = True, /) -> Self:
        """Commits the session after each operation of this queryset and of those made from it."""
        return self._with(self._query.evolve(commit=bool(commit)))

    def options(self, *args: Any) -> Self:
        """Joins relation paths and fills them from the same statement; takes SQLAlchemy's loader options too.

        The join is INNER, so a model with nothing related drops out, unless ``outerjoin()`` names the path.
        """
        return self._with(clauses.optioned(self._query, args))

    def select_related(self, *paths: str | None) -> Self:
        """Fills to-one relations from the same statement, LEFT where one may be missing; None clears.

        A ``FilteredRelation`` is filled under its name. Raises UnknownFieldError, and
        UnsupportedOperationError for a to-many path, for none at all, and after ``values()``.
        """
        return self._with(clauses.related(self._query, paths))

    def prefetch_related(self, *lookups: "str | Prefetch | None") -> Self:
        """Loads relation paths by one statement each, for all models at once; ``None`` forgets those before.

        Nothing drops out. A ``Prefetch`` chooses the related rows by a queryset, or names an attribute for
        them.
        """
        return self._with(clauses.prefetched(self._query, lookups))

    def only(self, *fields: str) -> Self:
        """Loads these columns alone, also of what ``select_related()`` fills (``"author__name"``).

        Keys, foreign keys of what is filled, discriminators and versions are there always. Another call
        replaces the names. Raises UnknownFieldError, UnsupportedOperationError.
        """
        return self._with(clauses.only(self._query, fields))

    def defer(self, *fields: str | None) -> Self:
        """Leaves these columns out; calls add up, and None takes back what was said of columns."""
        return self._with(clauses.deferred(self._query, fields))

    def load_for(self, kind: Any) -> Self:
        """Loads what a type reads of the models, and nothing else: for a response's model of pydantic, say.

        Of a union, ``BookOut | FilmOut``, what any of its types reads.
        Its fields become ``only()``, ``select_related()`` and ``prefetch_related()``, and so do those of the
        types in them; what ``only()`` has named already stays. Nobody knows what properties and hybrids read,
        so with them every column comes; ``Annotated[str, Path("status__code")]`` says what they need. Raises
        UnsupportedOperationError for a type whose fields nobody knows, a field that is no attribute and has
        no default, a to-many relation for a field that takes one, a type within itself, and a type
        that reads again what a ``Prefetch`` of the same objects leaves out.
        """
        return self._with(clauses.loaded_for(self._query, kind))

    def select_for_update(
        self,
        nowait: bool = False,
        skip_locked: bool = False,
        of: Sequence[str] = (),
        no_key: bool = False,
    ) -> Self:
        """Locks the rows as they are read, until the transaction ends, and reads them as they are then.

        The model's rows alone; ``of`` names ``"self"`` and what ``select_related()`` fills. Rows that others
        have locked are waited for; ``nowait`` raises at them, ``skip_locked`` leaves them out. ``no_key``
        lets others insert rows that refer to these. SQLite, which has one writer at a time, begins to write.
        Raises UnsupportedOperationError for what are no rows of a table and, when run, outside a transaction.
        """
        query = clauses.locked(self._query, nowait=nowait, skip_locked=skip_locked, of=of, no_key=no_key)
        if (nowait or skip_locked) and self._session is not None:
            execution.check_lockable(self._session, query)
        return self._with(query)

    def fetch_mode(self, mode: FetchModeName) -> Self:
        """What reading an attribute does that is not loaded: ``"raise"``, ``"peers"`` or ``"sqlalchemy"``."""
        return self._with(clauses.in_fetch_mode(self._query, mode))

    def using(self, place: Place) -> Self:
        """Reads from ``"replica"``, where one may be asked, or from ``"primary"`` (Django's, of two names).

        What is prefetched is read there too, what is written always on the primary. Raises
        UnsupportedOperationError for another name.
        """
        return self._with(clauses.using(self._query, place))

    def writing(self, form: Writes) -> Self:
        """Says ``update()`` and ``delete()`` in a form: ``"keys"``, or ``"direct"`` by one condition.

        The rows are the same. Raises UnsupportedOperationError for another name.
        """
        return self._with(clauses.writing(self._query, form))


async def prefetch_related_objects(objs: Iterable[Any], *lookups: str | Prefetch) -> None:
    """Loads relations of objects in hand (``django.db.models.prefetch_related_objects``).

    Names of columns that were deferred are paths here, too. One statement a path, and one for columns, for
    all objects at once; what is loaded already is left as it is. The objects are of one session. Raises
    UnsupportedOperationError where they are not, and for what is no path of them.
    """
    if not isinstance(objs, Iterable):
        raise UnsupportedOperationError(f"prefetch_related_objects() takes a list of objects, not {objs!r}")
    models = [*objs]
    if models:
        model = clauses.base_of(models)
        await related_of(async_object_session(models[0]), clauses.whole(model), models, lookups)


async def related_of(
    session: SomeSession | None, query: Query, models: list[Any], lookups: Iterable[str | Prefetch]
) -> None:
    """Loads relations and deferred columns of models of one session, under the names that a query has."""
    for each in models:
        if not isinstance(each, query.model):
            name = query.model.__name__
            raise UnsupportedOperationError(f"these are objects of {name}, and {each!r} is none")
        if session is None or each not in session:
            raise UnsupportedOperationError(
                f"{each!r} is not in the session, so nothing can be loaded for it: merge() makes one that is"
            )
    columns, paths = clauses.parted(query, tuple(lookups))
    query = clauses.prefetched(query, paths)
    if models:
        # What is loaded for objects is as the objects are.
        query = query.evolve(frame=query.frame._replace(fetch_mode=mode_of(models[0])))
    await execution.load(session, query, models, columns)
