"""``FilterSet``: what a client may ask of a model, declared in the body of a class, which pydantic reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from django_like_repos.caching import cached
from django_like_repos.contrib.filters.applying import applied
from django_like_repos.contrib.filters.declared import Declared
from django_like_repos.contrib.filters.making import MODEL, Declaring
from django_like_repos.contrib.filters.telling import is_safe, refuse, retold
from django_like_repos.errors import QueryError
from django_like_repos.queryset import QuerySet

Model = TypeVar("Model")

if TYPE_CHECKING:

    class _Parsed:
        """What type checkers see of pydantic's ``BaseModel``, whose own constructor wants every attribute."""

        model_fields: ClassVar[dict[str, Any]]
        model_config: ClassVar[ConfigDict]
        model_fields_set: set[str]

        def __init__(self, /, **parameters: Any) -> None: ...
        def __getattr__(self, name: str) -> Any: ...
        @classmethod
        def model_validate(cls, obj: Any, /) -> Self: ...
        @classmethod
        def model_validate_json(cls, json_data: str | bytes, /) -> Self: ...
        @classmethod
        def model_json_schema(cls) -> dict[str, Any]: ...
        def model_dump(
            self, *, mode: str = "python", exclude_unset: bool = False, exclude_none: bool = False
        ) -> dict[str, Any]: ...

else:
    _Parsed = BaseModel


def _weight(filterset: Any, declared: Declared) -> int:
    sent = filterset.model_fields_set
    return sum(
        each.source.weight(value)
        for each in declared.parameters.values()
        if each.attribute in sent and (value := getattr(filterset, each.attribute)) is not None
    )


def _without_nulls(filterset: Any, data: Any) -> Any:
    """What is sent, without null for what has a default: null is nothing that is sent."""
    declared = getattr(filterset, "__declared__", None)
    if declared is None or not isinstance(data, dict):
        return data
    defaults = [each for each in declared.parameters.values() if each.default is not None]
    nulls = {name for each in defaults for name in (each.name, each.attribute) if data.get(name, ...) is None}
    return {name: value for name, value in data.items() if name not in nulls} if nulls else data


@cached(1024)
def _of_model(filterset: Any, model: type[Any]) -> Any:
    """``FilterSet[Track]``: one class for each."""
    name = f"{filterset.__name__}[{model.__name__}]"
    body = {MODEL: model, "__module__": filterset.__module__, "__qualname__": name}
    return Declaring(name, (filterset,), body)


class FilterSet(_Parsed, Generic[Model], metaclass=Declaring):
    """What a client may ask of a model; nothing else that he sends reaches a query.

    ``class TrackFilter(FilterSet[Track])`` declares parameters: by ``fields``, lookups by path; by annotated
    attributes, ``min_price: Annotated[Decimal, Lookup("price__gte")]``; by ``Search``, ``Ordering``,
    ``Nested``, and methods under ``@parameter``. It is a pydantic model of them: an attribute is None where
    nothing was sent. ``queryset.filter_by(filters)`` applies it.

    The class raises what it declares wrongly: UnknownFieldError, UnknownLookupError,
    UnsupportedOperationError.
    """

    if not TYPE_CHECKING:
        model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    fields: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Lookups by path: ``{"name": ["exact", "icontains"]}`` are the parameters name and name__icontains."""
    required: ClassVar[Sequence[str]] = ()
    """The parameters that must be sent."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What parameters are that are not sent."""
    groups: ClassVar[Sequence[Sequence[str]]] = ()
    """Parameters that speak of one related row where they are sent together: one ``filter()`` call."""
    undeclared: ClassVar[Literal["refuse", "ignore"]] = "refuse"
    """What becomes of a parameter that is not declared."""
    most_values: ClassVar[int] = 100
    """Members that a list may have."""
    longest_text: ClassVar[int] = 200
    """Characters that a text or pattern may have."""
    most_words: ClassVar[int] = 8
    """Words that a search may have."""
    most_conditions: ClassVar[int] = 20
    """Conditions that a request may have; each word of a search is one."""
    deepest_conditions: ClassVar[int] = 4
    """How deep ``and``, ``or`` and ``not`` may stand in each other in ``Conditions``."""

    __declared__: ClassVar[Declared]

    if not TYPE_CHECKING:

        def __class_getitem__(cls, model):
            if isinstance(model, TypeVar) or model is Any:
                return cls
            if not isinstance(model, type):
                raise QueryError(f"FilterSet[…] takes a mapped class, not {model!r}")
            return _of_model(cls, model)

        @model_validator(mode="wrap")
        @classmethod
        def _told_safely(cls, data, handle):
            # What no answer could hold would be sent back with the error.
            try:
                return handle(_without_nulls(cls, data))
            except ValidationError as error:
                if is_safe(error):
                    raise
                refuse(cls.__name__, retold(error))

        @model_validator(mode="after")
        def _within_bounds(self):
            declared = getattr(type(self), "__declared__", None)
            if declared is not None and _weight(self, declared) > declared.bounds.conditions:
                raise PydanticCustomError(
                    "too_many_conditions",
                    "There should be at most {most} conditions",
                    {"most": declared.bounds.conditions},
                )
            return self

    def apply(self, queryset: QuerySet[Model, Any]) -> QuerySet[Model, Any]:
        """A queryset of the model with the conditions and the order that are asked for.

        ``filter_by()`` calls it, and keeps the type of its queryset. An own one says
        ``def apply(self, queryset: QuerySet[Track]) -> QuerySet[Track]``. Raises UnsupportedOperationError
        for a queryset of another model.
        """
        return applied(self, queryset)
