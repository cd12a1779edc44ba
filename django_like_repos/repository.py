"""``BaseRepository``: what a service is given, the querysets of one model in one session."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeAlias, cast, get_args, get_origin, overload

from sqlalchemy.ext.associationproxy import AssociationProxyInstance
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute
from typing_extensions import TypeVar

from django_like_repos import execution
from django_like_repos.bulk import Bulk
from django_like_repos.caching import cached_by_class
from django_like_repos.clauses import checked_form, checked_place, strict, whole
from django_like_repos.clauses.linking import checked_owner, link_named
from django_like_repos.clauses.refreshing import checked_object, wanted
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.execution.sessions import known_of, own
from django_like_repos.handling import ELSEWHERE, Elsewhere, point_elsewhere
from django_like_repos.injection import InjectableSignature
from django_like_repos.language.operands import Target, beyond
from django_like_repos.loading import related_of
from django_like_repos.mapping.fetch_modes import checked_mode
from django_like_repos.mapping.links import Link
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import SEPARATOR, field_path
from django_like_repos.mapping.primary_keys import key_name
from django_like_repos.mapping.written import written_path
from django_like_repos.query import Prefetch, Query, names
from django_like_repos.query.fetch_modes import FetchModeName
from django_like_repos.query.places import Place
from django_like_repos.query.untrusted import Allow, Allowed
from django_like_repos.query.writes import Writes
from django_like_repos.queryset import QuerySet
from django_like_repos.raw import RawQueries
from django_like_repos.related import Related
from django_like_repos.values import Beyond

Model = TypeVar("Model")
Other = TypeVar("Other")
Chain_co = TypeVar("Chain_co", bound=QuerySet[Any, Any], default=QuerySet[Model], covariant=True)
Others = TypeVar("Others", bound=QuerySet[Any, Any])

Keyed: TypeAlias = QueryableAttribute[Mapping[Any, Other]] | AssociationProxyInstance[dict[Any, Other]]
"""Attributes of dicts of related rows."""
Listed: TypeAlias = (
    QueryableAttribute[Collection[Other]]
    | AssociationProxyInstance[list[Other]]
    | AssociationProxyInstance[set[Other]]
    | AssociationProxyInstance[Sequence[Other]]
    | AssociationProxyInstance[Collection[Other]]
)
"""Attributes of lists and sets of them; those that are only written are known by what is in them."""


class BaseRepository(Bulk[Model], RawQueries[Model], Generic[Model, Chain_co]):
    """The querysets of one model in one session, and the making of new models.

    A subclass names its model by ``BaseRepository[Section]`` or ``model_cls = Section``; a constructor that
    finds none raises ValueError. In FastAPI, ``repository: SectionRepository = Depends()`` injects one.
    Type checkers are told of a ``queryset_class`` by ``BaseRepository[Section, SectionQuerySet]``.
    """

    model_cls: type[Model] = cast(Any, None)
    queryset_class: type[Chain_co] = cast(Any, QuerySet)
    ordering: ClassVar[Sequence[Any]] = ()
    """The order of ``objects`` where no other is asked for, as ``order_by()`` takes it."""
    time_zone: ClassVar[str | None] = None
    """The zone in which ``date``, ``hour``, ``year`` … of aware datetimes are read; else the database's."""

    fetch_mode: ClassVar[FetchModeName | None] = None
    """What reading an attribute does that its query did not load, as ``QuerySet.fetch_mode()`` takes it."""
    reads: ClassVar[Place | None] = None
    """The place that rows are read from, as ``QuerySet.using()`` takes it; else that of the session."""
    writes: ClassVar[Writes | None] = None
    """The form of UPDATE and DELETE, as ``QuerySet.writing()`` takes it; else that of the database."""

    __signature__ = InjectableSignature()

    def __init__(self, session: AsyncSession) -> None:
        if self.model_cls is None:
            raise ValueError(
                f"{type(self).__name__} has no model: "
                "write class SectionRepository(BaseRepository[Section]), or model_cls = Section in it"
            )
        mapper_of(self.model_cls)
        if self.fetch_mode is not None:
            checked_mode(self.fetch_mode)
        usual = self.reads is None and self.writes is None
        self._flags: dict[str, Any] = {} if usual else self._class_flags()
        self._session = session
        zone, self._shown = known_of(session)
        self._zone = zone if self.time_zone is None else self.time_zone
        self._names = names(self.model_cls, self._zone)
        self._allow: Allow | None = None
        self._hooks = self._own_hooks()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "queryset_class" in cls.__dict__:
            _point_to_objects(cls, cls.queryset_class)
        if "model_cls" not in cls.__dict__:
            model = _model_argument(cls)
            if model is not None:
                cls.model_cls = model

    @property
    def objects(self) -> Chain_co:
        """All rows, as ``get_queryset()`` has them."""
        queryset = self.get_queryset()
        if self._allow is not None:
            queryset = queryset.strict_names(self._allow)
        return queryset if self._hooks is None else queryset._with(queryset._query.evolve(hooks=self._hooks))

    def get_queryset(self) -> Chain_co:
        """Where every queryset of the repository begins; to be overridden, with ``super()``."""
        queryset = self.queryset_class(self.model_cls, self._session, time_zone=self._zone)
        if self.ordering:
            queryset = queryset.order_by(*self.ordering)
            queryset = queryset._with(queryset._query.evolve(default_order=True))
        if self.fetch_mode is not None:
            queryset = queryset._with(_in_mode(queryset._query, self.fetch_mode))
        flags = {name: flag for name, flag in self._flags.items() if name != "returning" or any(flag)}
        if flags:
            queryset = queryset._with(queryset._query.evolve(**flags))
        return queryset

    def flush(self, flush: bool = True, /) -> Self:
        """A copy that flushes the session after each of its operations."""
        return self._flagged("flush", bool(flush))

    def commit(self, commit: bool = True, /) -> Self:
        """A copy that commits the session after each of its operations."""
        return self._flagged("commit", bool(commit))

    def using(self, place: Place) -> Self:
        """A copy that reads from ``"replica"`` or ``"primary"``, as ``QuerySet.using()``."""
        return self._flagged("reads", checked_place(place))

    def writing(self, form: Writes) -> Self:
        """A copy whose UPDATE and DELETE are said in a form, ``"keys"`` or ``"direct"``, as of a queryset."""
        return self._flagged("writes", checked_form(form))

    def strict_names(self, allow: Allow) -> Self:
        """A copy whose ``objects`` take only the names that are allowed, as ``QuerySet.strict_names()``.

        What ``get_queryset()`` says itself need not be allowed; what the repository's other methods make of
        ``objects`` does.
        """
        copy = self._copied()
        copy._allow = allow
        return copy

    async def get_by_pk(self, pk: Any) -> Model | None:
        """The model of a primary key, several columns as a tuple; None if there is none.

        A model that the session has already is not asked for again. Raises InvalidLookupValueError.
        """
        if pk is None:
            return None
        path = field_path(names(self.model_cls), key_name(mapper_of(self.model_cls)))
        key = Target(path, "exact", "pk", between=Beyond).coerce(pk)
        if beyond(key):
            return None
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, int) and abs(part) >= 2**31 for part in parts):
            # Drivers refuse what the column cannot hold; compared in a filter, it matches nothing.
            queryset: QuerySet[Model] = QuerySet(self.model_cls, self._session)
            queryset = queryset._with(queryset._query.evolve(**self._flags))
            return await queryset.filter(**{key_name(mapper_of(self.model_cls)): key}).get_one_or_none()
        model: Model | None = await execution.get(self._session, self._flagged_query(), key)
        return model

    async def fetch_related(self, objs: Model | Iterable[Model], *lookups: str | Prefetch) -> None:
        """Loads relations of one object of the session, or of many by one statement a path; in fetch mode
        ``peers`` of all that came with them.

        Takes what ``prefetch_related()`` takes, and names of deferred columns; what is loaded already is left
        as it is. Raises UnsupportedOperationError for objects of another model or session, UnknownFieldError.
        """
        several = isinstance(objs, Iterable) and not isinstance(objs, self.model_cls)
        models: list[Any] = [*cast("Iterable[Model]", objs)] if several else [objs]
        await related_of(self._session, self._named_query(), models, lookups)

    @overload
    def related(self, obj: Model, path: Keyed[Other], repository: None = None) -> Related[Other]: ...
    @overload
    def related(self, obj: Model, path: Listed[Other], repository: None = None) -> Related[Other]: ...
    @overload
    def related(
        self, obj: Model, path: QueryableAttribute[Other], repository: None = None
    ) -> Related[Other]: ...
    @overload
    def related(self, obj: Model, path: str, repository: None = None) -> Related[Any]: ...
    @overload
    def related(
        self,
        obj: Model,
        path: Keyed[Other] | Listed[Other] | QueryableAttribute[Other] | str,
        repository: "type[BaseRepository[Other, Others]]",
    ) -> Related[Other, Others]: ...

    def related(self, obj: Model, path: Any, repository: Any = None) -> Related[Any, Any]:
        """The rows at the other end of a to-many relation of an object, to be read and written.

        ``path`` is the relation's name, or its attribute ``Model.relation``; or that of an association proxy.
        ``repository`` is the class of repositories whose hooks and querysets are those of the related rows.
        Raises UnknownFieldError, and UnsupportedOperationError for an object that is new, detached, or of
        another model or session, and for a path that is longer, leads to one row, or is viewonly.
        """
        session = own(self._session).sync_session
        state = checked_owner(self.model_cls, obj, session)
        link = link_named(self._named_query().names, state.mapper, path)
        return Related(obj, link, self._home_of(link, repository))

    async def refresh_from_db(self, obj: Model, fields: Iterable[str] | None = None) -> None:
        """Reads again what an object has of its row, or the fields and relations that are named.

        Unsaved changes of what is read are lost. Deferred fields are loaded if they are named; in fetch mode
        ``peers`` for all objects that came with this one and lack them. Raises DoesNotExist where the row is
        gone, UnknownFieldError, and UnsupportedOperationError for an object of another model or session.
        """
        checked = checked_object(self.model_cls, obj, getattr(self._session, "sync_session", None))
        asked = wanted(checked, fields)
        for name in fields or ():
            written_path(self._named_query().names, name)
        await execution.refresh_from_db(self._session, self._flagged_query(), checked, asked)

    def _named_query(self) -> Query:
        """All rows, under the names that may be written."""
        query = whole(self.model_cls, self._zone).evolve(reads=self._flags.get("reads"))
        return query if self._allow is None else strict(query, self._allow)

    def _home_of(self, link: Link, repository: Any) -> "BaseRepository[Any, Any]":
        """A repository of related rows, with the flags of this one."""
        model = link.target.class_
        kind = _plain_repository(model) if repository is None else repository
        is_kind = isinstance(kind, type) and issubclass(kind, BaseRepository)
        if not is_kind or getattr(kind, "model_cls", None) is not model:
            raise UnsupportedOperationError(
                f"related(): {link} is of {model.__name__}, whose repository is a class BaseRepository"
                f"[{model.__name__}], not {kind!r}"
            )
        home = kind(self._session)._copied()
        home._flags = {**home._flags, **self._flags}
        if repository is None:
            home._zone, home._names = self._zone, names(model, self._zone)
        if self._allow is not None:
            allow = Allowed(self._allow)
            home._allow = lambda name: allow(f"{link.name}{SEPARATOR}{name}")
        return home

    def _class_flags(self) -> dict[str, Any]:
        """What the class says of where its rows are read, and in which form they are written."""
        flags: dict[str, Any] = {}
        if self.reads is not None:
            flags["reads"] = checked_place(self.reads, f"{type(self).__name__}.reads")
        if self.writes is not None:
            flags["writes"] = checked_form(self.writes, f"{type(self).__name__}.writes")
        return flags

    def _copied(self) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._hooks = copy._own_hooks()
        return copy

    def _flagged(self, name: str, value: object) -> Self:
        copy = self._copied()
        copy._flags = {**self._flags, name: value}
        return copy

    def _flagged_query(self) -> Query:
        query = whole(self.model_cls, self._zone, self._shown)
        query = query if self.fetch_mode is None else _in_mode(query, self.fetch_mode)
        if self._hooks is not None:
            query = query.evolve(hooks=self._hooks)
        return query.evolve(**self._flags) if self._flags else query


@cached_by_class(4096)
def _plain_repository(model: type[Any]) -> type[BaseRepository[Any, Any]]:
    """A repository of a model for which the application has named none."""
    return type(f"{model.__name__}Repository", (BaseRepository,), {"model_cls": model})


def _in_mode(query: Query, mode: str | None) -> Query:
    return query.evolve(frame=query.frame._replace(fetch_mode=mode))


def _point_to_objects(repository: type[Any], queryset: type[Any], objects: str = "self.objects") -> None:
    """Gives a repository, for what its querysets have, errors that say so."""
    public = {
        name: f"querysets have it, {objects}.{name}"
        for base in queryset.__mro__
        for name, member in vars(base).items()
        if not name.startswith("_") and not isinstance(member, Elsewhere)
    }
    point_elsewhere(repository, {**ELSEWHERE, **public})


_point_to_objects(BaseRepository, QuerySet)
_point_to_objects(Related, QuerySet, "related.objects")


def _model_argument(cls: type[Any]) -> type[Any] | None:
    """The class in ``BaseRepository[Section]``, or in a generic subclass of it, among a class's bases."""
    for base in getattr(cls, "__orig_bases__", ()):
        origin = get_origin(base)
        if isinstance(origin, type) and issubclass(origin, BaseRepository):
            classes = [argument for argument in get_args(base) if isinstance(argument, type)]
            found = [each for each in classes if not issubclass(each, QuerySet)]
            if found:
                return found[0]
    return None
