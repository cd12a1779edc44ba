"""Where lookups and transforms are found by name: known to all, or to a type, a column, a transform."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Final, Generic, TypeVar, cast

from sqlalchemy import Interval
from sqlalchemy.orm import ColumnProperty
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.types import TypeEngine

from django_like_repos.errors import QueryError

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Items by name and scope; of several scopes, the first one that knows the name decides."""

    def __init__(self) -> None:
        self._items: dict[tuple[Hashable, str], Item] = {}

    def add(self, scope: Hashable, names: Iterable[str], item: Item) -> None:
        """Gives names a meaning. Raises QueryError for a name that no path can have."""
        for name in names:
            if not isinstance(name, str) or not name or "__" in name:
                raise QueryError(f"{item!r} cannot be registered as {name!r}: a name is a word without '__'")
        for name in names:
            self._items[scope, name] = item
        for forget in _FORGETTING:
            forget()

    def find(self, scopes: Iterable[Hashable], name: str) -> Item | None:
        return next((self._items[scope, name] for scope in scopes if (scope, name) in self._items), None)

    def known(self, scopes: Iterable[Hashable]) -> set[str]:
        """The names that these scopes know."""
        among = set(scopes)
        return {name for scope, name in self._items if scope in among}


LOOKUPS: Final[Registry[Any]] = Registry()
TRANSFORMS: Final[Registry[Any]] = Registry()

_FORGETTING: Final[list[Callable[[], None]]] = []


def forget_on_change(forget: Callable[[], None]) -> None:
    """Has ``forget`` called whenever a name gets a new meaning: for what is remembered about names."""
    _FORGETTING.append(forget)


def scopes_of_type(type_: TypeEngine[Any]) -> list[Hashable]:
    """The classes of a type, the most particular first, and then those of what it decorates."""
    scopes: list[Hashable] = list(type(type_).__mro__)
    # An interval is kept as a datetime where there are none, and is not one all the same.
    impl = None if isinstance(type_, Interval) else getattr(type_, "impl_instance", None)
    return scopes if impl is None else [*scopes, *type(impl).__mro__]


def check_kind(item: Any, kind: Any) -> None:
    """Raises QueryError for what is no class of that kind, with a name and ``sql()``."""
    if not isinstance(item, type) or not issubclass(item, kind):
        raise QueryError(f"{item!r} is no subclass of {kind.__name__}")
    if not hasattr(item, "name") or getattr(item, "sql", None) is kind.sql:
        raise QueryError(f"{item.__name__} needs a name and a sql()")


def scope_of(of: Any, kinds: tuple[type[Any], ...]) -> Hashable:
    """What an ``of`` is found by: a class of one of the kinds, a column, or None. Raises QueryError."""
    if of is None or (isinstance(of, type) and issubclass(of, kinds)):
        return cast(Hashable, of)
    if isinstance(of, QueryableAttribute) and isinstance(of.property, ColumnProperty):
        return of.class_, of.key
    raise QueryError(f"a lookup or transform is registered of a type, a column or a transform, not of {of!r}")
