"""``Conditions``: the body of a search, as a pydantic model; and its parts, for models of one's own."""

from collections.abc import Callable
from dataclasses import dataclass
from types import GenericAlias
from typing import Any, ClassVar, Generic, Self, SupportsIndex, TypeVar, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from django_like_repos.caching import cached
from django_like_repos.contrib.filters.bodies.applying import filtered, ordered
from django_like_repos.contrib.filters.bodies.judging import Judge
from django_like_repos.contrib.filters.bodies.sayable import Sayable, sayable
from django_like_repos.contrib.filters.bodies.schemas import schema_of_conditions, schema_of_sort
from django_like_repos.contrib.filters.declared import Declared
from django_like_repos.contrib.filters.doors import Injectable
from django_like_repos.contrib.filters.filterset import FilterSet
from django_like_repos.contrib.filters.leftovers import check_validators
from django_like_repos.contrib.filters.telling import refuse, retold
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.queryset import QuerySet

Filters = TypeVar("Filters", bound=FilterSet[Any])
Chain = TypeVar("Chain", bound=QuerySet[Any, Any])


@cached(1024)
def _of_filterset(part: Any, filterset: Any) -> Any:
    """``Where[TrackFilter]``: one class for each."""
    if not isinstance(getattr(filterset, "__declared__", None), Declared):
        raise UnsupportedOperationError(f"{part.__name__}[…] takes a FilterSet of a model, not {filterset!r}")
    check_validators(filterset, FilterSet, "of conditions of a body")
    sayable(filterset.__declared__)
    name = f"{part.__name__}[{filterset.__name__}]"
    signature = Injectable("signature_of_body")
    body = {
        "filterset": filterset,
        "__module__": part.__module__,
        "__signature__": signature,
        "__annotations__": {"data": Any},
    }
    # As a parameter of an endpoint FastAPI takes a dataclass for the body.
    return dataclass(init=False, repr=False, eq=False)(type(name, (part,), body))


def _empty(origin: Any, arguments: tuple[Any, ...]) -> Any:
    """A body to be filled, of a class that stands in no module."""
    made: Any = origin[arguments]
    return made.__new__(made)


def _restored(part: Any, filterset: Any, data: Any) -> Any:
    return part[filterset]._read_of(data)


class _Part(Generic[Filters]):
    """What a part of a body says, read when it is validated."""

    filterset: ClassVar[Any] = None
    """What may be said; there is a class for each."""

    def __init__(self, data: Any, read: Any) -> None:
        self.data = data
        """As it was sent."""
        self._read = read

    def __class_getitem__(cls, filterset: Any) -> Any:
        if isinstance(filterset, tuple) and len(filterset) == 1:
            (filterset,) = filterset
        if isinstance(filterset, TypeVar):
            return GenericAlias(cls, (filterset,))
        return _of_filterset(cls, filterset)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.data!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Part) and type(other) is type(self) and other.data == self.data

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read_of,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda part: part.data),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handle: GetJsonSchemaHandler) -> Any:
        return cls._schema(sayable(cls.filterset.__declared__), handle)

    @classmethod
    def _read_of(cls, data: Any) -> Self:
        if type(data) is cls:
            return data
        if cls.filterset is None:
            raise UnsupportedOperationError(f"of which FilterSet? Write {cls.__name__}[TrackFilter]")
        return cls(data, cls._judged(sayable(cls.filterset.__declared__), data))

    def __reduce__(self) -> Any:
        return _restored, (type(self).__bases__[0], self.filterset, self.data)

    @staticmethod
    def _judged(may: Sayable, data: Any) -> Any:
        raise NotImplementedError

    @classmethod
    def _schema(cls, may: Sayable, handle: GetJsonSchemaHandler) -> Any:
        raise NotImplementedError


class Where(_Part[Filters]):
    """Conditions of a body: ``where: Where[TrackFilter]`` in a model of pydantic's.

    ``queryset.filter_by(body.where)`` applies them.

    ``{"price": {"gt": 1, "le": 5}, "or": [{"kind": ["a", "b"]}, {"title": null}]}``, of what ``TrackFilter``
    declares; anything else is an error of pydantic's, at its place.
    """

    def apply(self, queryset: Chain) -> Chain:
        """A queryset of the model with the conditions, in one ``filter()``."""
        return filtered(self.filterset, self._read, queryset)

    @staticmethod
    def _judged(may: Sayable, data: Any) -> Any:
        return Judge(may).conditions(data)

    @classmethod
    def _schema(cls, may: Sayable, handle: GetJsonSchemaHandler) -> Any:
        return schema_of_conditions(cls.filterset.__name__, may, handle)


class Sort(_Part[Filters]):
    """The order of a body: ``sort: Sort[TrackFilter]`` in a pydantic model, then ``filter_by(body.sort)``.

    ``["title", {"desc": "newest"}]``, of what an ``Ordering`` of ``TrackFilter`` declares.
    """

    def apply(self, queryset: Chain) -> Chain:
        """A queryset of the model in that order, the primary key last."""
        return ordered(self.filterset, self._read, queryset)

    @staticmethod
    def _judged(may: Sayable, data: Any) -> Any:
        return Judge(may).sort(data)

    @classmethod
    def _schema(cls, may: Sayable, handle: GetJsonSchemaHandler) -> Any:
        return schema_of_sort(may)


class Conditions(BaseModel, Generic[Filters]):
    """The body of a search: ``body: Conditions[TrackFilter]``, then ``tracks.filter_by(body)``.

    ``conditions`` are those of ``Where``, ``sort`` the order of ``Sort``; without them there are none. A
    subclass may have more fields: ``class TrackSearch(Conditions[TrackFilter]): size: int = 20``.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        cls.__signature__ = Injectable("signature_of_body", vars(cls).get("__signature__"))  # type: ignore[assignment]

    conditions: Where[Filters] = Field(default_factory=cast(Any, dict), validate_default=True)
    sort: Sort[Filters] = Field(default_factory=cast(Any, list), validate_default=True)

    @model_validator(mode="wrap")
    @classmethod
    def _told_safely(cls, data: Any, handle: Callable[[Any], Self]) -> Self:
        # What no answer could hold, NaN or half a character, would be sent back with the error.
        try:
            return handle(data)
        except ValidationError as error:
            refuse(cls.__name__, retold(error))

    def apply(self, queryset: Chain) -> Chain:
        """A queryset of the model with the conditions and in the order. What ``filter_by()`` calls."""
        return self.sort.apply(self.conditions.apply(queryset))

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        made = self.__pydantic_generic_metadata__
        if made["origin"] is None:
            return super().__reduce_ex__(protocol)
        return _empty, (made["origin"], made["args"]), self.__getstate__()
