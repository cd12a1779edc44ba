"""Names that came from outside: which of them may be asked for, and texts that are marked as such."""

from collections.abc import Callable, Iterable
from typing import Any

from django_like_repos.errors import InvalidLookupValueError

Allow = Iterable[str] | Callable[[str], bool]
"""The names that may be written, lookups and all: ``["status__code", "name__icontains"]``; or who says so."""


class Untrusted(str):
    """A name from outside that may be asked for: an error about it lists no other names."""

    __slots__ = ()


class Allowed:
    """Whether a name may be asked for. Those made of the same names are equal."""

    __slots__ = ("_says", "names")

    def __init__(self, allow: Allow) -> None:
        """Raises InvalidLookupValueError for what is neither names nor a function."""
        self.names: frozenset[str] | None = None
        if callable(allow):
            self._says = allow
            return
        names = None if isinstance(allow, (str, bytes)) or not isinstance(allow, Iterable) else [*allow]
        if names is None or not all(isinstance(name, str) for name in names):
            raise InvalidLookupValueError(
                f"allow takes a list of names, lookups and all, or a function of a name, not {allow!r}"
            )
        self.names = frozenset(names)
        self._says = self.names.__contains__

    @property
    def unkept(self) -> bool:
        """Whether nothing is remembered of it: a function may say something else the next time."""
        return self.names is None

    def __call__(self, name: Any) -> bool:
        return isinstance(name, str) and bool(self._says(name))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Allowed) or self.names is None:
            return self is other
        return self.names == other.names

    def __hash__(self) -> int:
        return id(self) if self.names is None else hash(self.names)

    def __reduce__(self) -> tuple[Any, ...]:
        return Allowed, (self._says if self.names is None else sorted(self.names),)

    def also(self, other: "Allowed | None") -> "Allowed":
        """What both allow."""
        if other is None or other == self:
            return self
        return Allowed(lambda name: self(name) and other(name))
