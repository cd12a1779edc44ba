"""``Related``: the rows at the other end of one of an object's to-many relations, and who belongs there."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, cast

from typing_extensions import TypeVar

from django_like_repos.bulk import Bulk
from django_like_repos.clauses import linking, looked_up, ordered
from django_like_repos.clauses.checks import by_ourselves
from django_like_repos.clauses.filtering import filtered
from django_like_repos.clauses.instances import attributes, check_defaults, takes
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution import Draft, links
from django_like_repos.execution.links import Ends, Sought
from django_like_repos.execution.sessions import own
from django_like_repos.mapping.links import Link
from django_like_repos.query import Query, plain
from django_like_repos.queryset import QuerySet
from django_like_repos.statements.links import is_related, order_of

Model = TypeVar("Model")
Chain_co = TypeVar("Chain_co", bound=QuerySet[Any, Any], default=QuerySet[Model], covariant=True)


class Ended(Generic[Model, Chain_co]):
    """One end of a relation, and the rows at the other."""

    def __init__(self, obj: Any, link: Link, home: Bulk[Model]) -> None:
        """``home`` is the repository of the related model."""
        self._obj = obj
        self._link = link
        self._home = home

    @property
    def objects(self) -> Chain_co:
        """The related rows, of those that the repository of their model has; in the order of the mapping.

        Raises UnsupportedOperationError while the object has no key.
        """
        queryset: QuerySet[Model] = self._home.objects
        return cast(Chain_co, queryset._with(self._narrowed(queryset._query)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._link}>"

    def _narrowed(self, query: Query) -> Query:
        values = links.values_of(None, self._link, self._obj)
        condition = is_related(self._link, values)
        query = by_ourselves(query, lambda free: filtered(free, (condition,), {}))
        order = [] if query.ordered else order_of(self._link, values)
        if not order:
            return query
        return by_ourselves(query, lambda free: ordered(free, tuple(order))).evolve(default_order=True)

    def _ends(self) -> Ends:
        shown = (lambda: self.objects._query) if self._hides() else None
        return Ends(self._home._session, self._link, self._obj, self._home._flagged_query(), shown)

    def _hides(self) -> bool:
        """Whether ``objects`` may have fewer rows than the table between, or the foreign keys, relate."""
        query = self._home.objects._query
        return self._link.narrows or bool(query.steps) or query.sliced

    def _members(self, verb: str, given: Iterable[Any]) -> Sequence[linking.Member]:
        session = own(self._home._session).sync_session
        linking.checked_owner(self._link.hop.parent.class_, self._obj, session)
        return linking.members(self._link, verb, self._home._zone, given, session)

    def _through(self, verb: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
        return linking.through(self._link, verb, self._home._zone, given)

    if not TYPE_CHECKING:

        def _refuse(self, *_: Any) -> NoReturn:
            raise UnsupportedOperationError(
                f"what is related is asked for by its objects: await related.objects, or .count(): {self!r}"
            )

        __bool__ = __iter__ = __len__ = __contains__ = __await__ = __aiter__ = _refuse


class Related(Ended[Model, Chain_co], Generic[Model, Chain_co]):
    """The rows that are related to an object, by ``repository.related()`` (Django: ``RelatedManager``).

    Everything is done at once, in the session's own transaction; what is pending in the session is flushed
    before, and the repository's flags apply after it. Where a part fails, nothing of the call stays. What the
    session's objects have loaded of it is current afterwards.

    Objects that are given have a row, or are in the session; keys are read as in a filter. Raises
    InvalidLookupValueError for other values, and UnsupportedOperationError for objects of another model or
    session.
    """

    async def add(self, *objs: Any, through_defaults: Mapping[str, Any] | None = None) -> None:
        """Relates objects, or the rows of keys; those that are related already stay as they are.

        ``through_defaults`` are values of further columns of the table between, for links that are new.
        Raises IntegrityError where a link would lead to no row; without a table between DoesNotExist.
        """
        given, through = self._members("add", objs), self._through("add", through_defaults)
        await links.add(self._ends(), given, through)

    async def remove(self, *objs: Any) -> None:
        """Has objects, or the rows of keys, related no more; of links, those that are not there are left out.

        Without a table between foreign keys become NULL; raises DoesNotExist for what is not related, and
        UnsupportedOperationError where they cannot.
        """
        linking.check_clears(self._link, "remove")
        await links.remove(self._ends(), self._members("remove", objs))

    async def clear(self) -> None:
        """Has nothing related any more. Raises as ``remove()``."""
        linking.check_clears(self._link, "clear")
        await links.clear(self._ends())

    async def set(
        self,
        objs: Iterable[Any],
        *,
        clear: bool = False,
        through_defaults: Mapping[str, Any] | None = None,
    ) -> None:
        """Has these related, and no others; ``clear``: all links are taken away and made anew.

        Raises as ``add()`` and ``remove()``.
        """
        given = self._members("set", linking.listed("set", objs))
        if clear:
            linking.check_clears(self._link, "set")
        await links.replace(self._ends(), given, self._through("set", through_defaults), clears=clear)

    async def create(self, /, *, through_defaults: Mapping[str, Any] | None = None, **kw: Any) -> Model:
        """A new row that is related. Hooks and errors are those of the repository's ``create()``."""
        linking.check_unowned(self._link, "create", kw)
        through = self._through("create", through_defaults)
        made = await links.create(self._ends(), lambda: [self._drafted("create", kw)], through)
        model: Model = made[0]
        return model

    async def bulk_create(
        self,
        values: Iterable[Mapping[str, Any] | Model],
        *,
        through_defaults: Mapping[str, Any] | None = None,
    ) -> list[Model]:
        """New rows of dicts or instances, all of them related. Raises as ``bulk_create()``."""
        given = linking.listed("bulk_create", values)
        for each in given:
            linking.check_unowned(self._link, "bulk_create", each if isinstance(each, Mapping) else ())
            linking.check_new(self._link, "bulk_create", each, self._obj)
        through = self._through("bulk_create", through_defaults)
        if not given:
            return []
        return await links.create(
            self._ends(), lambda: [self._drafted("bulk_create", each) for each in given], through
        )

    async def get_or_create(
        self,
        /,
        defaults: Mapping[str, Any] | None = None,
        *,
        through_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[Model, bool]:
        """The only related row that ``kwargs`` find, or a new one that is related; whether it is new.

        As ``QuerySet.get_or_create()``: of several that do it at once one creates, and the others find.
        """
        verb = "get_or_create"
        self._check_sought(verb, kwargs, defaults, None)
        wanted = Sought(partial(self._sought, verb, kwargs), partial(self._of_new, verb, kwargs), defaults)
        return await links.get_or_create(self._ends(), wanted, self._through(verb, through_defaults))

    async def update_or_create(
        self,
        /,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        *,
        through_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[Model, bool]:
        """The only related row that ``kwargs`` find, with ``defaults`` set on it, or a new one.

        As ``QuerySet.update_or_create()``.
        """
        verb = "update_or_create"
        self._check_sought(verb, kwargs, defaults, create_defaults)
        fresh = defaults if create_defaults is None else create_defaults
        wanted = Sought(partial(self._sought, verb, kwargs), partial(self._of_new, verb, kwargs), fresh)
        through = self._through(verb, through_defaults)
        return await links.update_or_create(self._ends(), wanted, defaults, through)

    aadd = add
    aremove = remove
    aclear = clear
    aset = set
    acreate = create
    abulk_create = bulk_create
    aget_or_create = get_or_create
    aupdate_or_create = update_or_create

    def _owner(self) -> dict[str, Any]:
        """What a new row says of its owner, where it refers to it itself."""
        link = self._link
        if link.between is not None:
            return {}
        values = links.values_of(None, link, self._obj)
        names = [field.key for field in link.foreign]
        if link.way_back is not None and not takes(link.target.class_, names):
            return {link.way_back: self._obj}
        return dict(zip(names, [values[name] for name in link.owned], strict=True))

    def _drafted(self, verb: str, value: Mapping[str, Any] | Model) -> Draft:
        """A related row to be."""
        if isinstance(value, Mapping):
            return Draft({**value, **self._owner()}, partial(self._home._made, verb))
        for name, each in self._owner().items():
            setattr(value, name, each)
        return self._home._draft(verb, value)

    def _check_sought(
        self, verb: str, kwargs: Mapping[str, Any], *defaults: Mapping[str, Any] | None
    ) -> None:
        query = looked_up(self._home.objects._query, verb, kwargs)
        check_defaults(query.names, verb, *defaults)
        linking.check_unowned(
            self._link, verb, [*kwargs, *[name for each in defaults for name in each or ()]]
        )

    def _sought(self, verb: str, kwargs: Mapping[str, Any]) -> Query:
        return looked_up(self.objects._query, verb, kwargs)

    def _of_new(self, verb: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """What a new row gets of what was looked for."""
        return {**attributes(plain(self._home._names), verb, kwargs), **self._owner()}
