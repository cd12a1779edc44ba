"""``Q``: conditions joined by ``&``, ``|``, ``^`` and turned round by ``~``, as written by the user."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from django_like_repos.errors import InvalidLookupValueError, NameNotAllowedError
from django_like_repos.query.data import DEEPEST, Bounds, Joined, Said, Worded, is_list, read_conditions
from django_like_repos.query.untrusted import Allow, Allowed, Untrusted


class Connector(str):
    """How conditions are joined. A class of its own, so that no text of a mapping from outside is one."""

    __slots__ = ()


AND: Final = Connector("AND")
OR: Final = Connector("OR")
XOR: Final = Connector("XOR")

_SIGNS: Final[dict[str, str]] = {AND: " & ", OR: " | ", XOR: " ^ "}


class Q:
    """A condition, or a tree of them (``django.db.models.Q``).

    Takes other ``Q``s, ``(name, value)`` pairs and SQLAlchemy expressions, then lookups by keyword, all
    of which must hold, or as ``_connector`` says (``Q.AND``, ``Q.OR`` or ``Q.XOR``). Immutable: the operators
    give new trees. Names and values are checked when a queryset is given the tree, since only then is the
    model known.

    Unlike Django's, it takes neither a text as ``_connector`` nor ``_negated``: ``Q(**mapping)`` of a mapping
    from outside would let a client turn the condition round. Raises InvalidLookupValueError for them.
    """

    __slots__ = ("children", "connector", "negated")

    AND = AND
    OR = OR
    XOR = XOR

    def __init__(self, /, *args: Any, _connector: Connector = AND, **kwargs: Any) -> None:
        if not isinstance(_connector, Connector) or _connector not in _SIGNS:
            raise InvalidLookupValueError(
                f"_connector must be Q.AND, Q.OR or Q.XOR themselves, not {_connector!r}: "
                "a text could come from a mapping of a client's"
            )
        if "_negated" in kwargs:
            raise InvalidLookupValueError("Q() takes no _negated, which a mapping could bring: write ~Q(…)")
        # Keywords sorted by name come last: the order decides which alias a to-many hop meets first.
        self.children: tuple[Any, ...] = (*args, *sorted(kwargs.items()))
        self.connector = _connector
        self.negated = False
        if len(self.children) == 1 and isinstance(self.children[0], Q) and not self.children[0].negated:
            # A Q around a Q alone says nothing more.
            (only,) = self.children
            self.children, self.connector = only.children, only.connector

    @classmethod
    def from_untrusted(cls, mapping: Mapping[str, Any], allow: Allow) -> "Q":
        """What a stranger asks for, a mapping of lookups: the query of a URL, say.

        ``allow`` are the names that may be asked for, lookups and all, exactly as they may be written
        (``["status__code", "name__icontains"]``), or a function that says so of a name. Values are read as
        those of any ``Q``. Raises NameNotAllowedError for any other name, and ``filter()`` does for one that
        means nothing.
        """
        if not isinstance(mapping, Mapping):
            raise InvalidLookupValueError(f"Q.from_untrusted() takes a mapping of lookups, not {mapping!r}")
        allowed = Allowed(allow)
        for name in mapping:
            if not allowed(name):
                raise NameNotAllowedError(name)
        return cls(*[(Untrusted(name), mapping[name]) for name in sorted(mapping)])

    @classmethod
    def from_conditions(
        cls, conditions: Any, *, depth: int = DEEPEST, most: int = Bounds().conditions
    ) -> "Q":
        """What plain data asks for, an object of JSON: ``{"pages": {"gt": 1, "le": 5}, "kind": ["a", "b"]}``.

        A value is equality, a list ``in``, None NULL, an object lookups by their names, of which ``not`` is
        ``ne`` or ``notin``; all of them must hold. A list of objects is any of them; ``and``, ``or`` and
        ``not`` join objects within. Names and values are those of ``filter()``, so this is for data of the
        program's own. At most ``most`` conditions, ``depth`` deep in each other.

        Raises InvalidConditionError, which says where; and as any ``Q``, ``filter()`` raises for names and
        values that do not fit.
        """
        for name, bound in (("depth", depth), ("most", most)):
            if type(bound) is not int or bound < 0:
                raise InvalidLookupValueError(f"{name} is a whole number from 0 on, not {bound!r}")
        if depth > DEEPEST:
            raise InvalidLookupValueError(f"depth is at most {DEEPEST}, not {depth}")
        return of_joined(read_conditions(conditions, Bounds(depth=depth, conditions=most)))

    def __and__(self, other: Any) -> "Q":
        return self._combined(other, AND)

    def __or__(self, other: Any) -> "Q":
        return self._combined(other, OR)

    def __xor__(self, other: Any) -> "Q":
        return self._combined(other, XOR)

    def __invert__(self) -> "Q":
        return self.of(self.children, negated=not self.negated)

    def of(self, children: Iterable[Any], *, negated: bool | None = None) -> "Q":
        """The same of other children; ``negated`` if it says so."""
        tree = Q(*children, _connector=self.connector)
        tree.negated = self.negated if negated is None else negated
        return tree

    def __bool__(self) -> bool:
        return bool(self.children)

    def __repr__(self) -> str:
        return self.told(repr)

    def told(self, tell: Callable[[Any], str]) -> str:
        """The tree as text, its values as ``tell`` has them."""
        parts = [
            f"Q({child[0]}={tell(child[1])})" if isinstance(child, tuple) and len(child) == 2 else tell(child)
            for child in self.children
        ]
        text = _SIGNS[self.connector].join(parts) or "Q()"
        if len(parts) > 1:
            text = f"({text})"
        return f"~{text}" if self.negated else text

    def _combined(self, right: Any, connector: Connector) -> "Q":
        other: Q = right if isinstance(right, Q) else Q(right)
        if not self:
            return other
        if not other:
            return self
        return Q(*self._as_children(connector), *other._as_children(connector), _connector=connector)

    def _as_children(self, connector: str) -> tuple[Any, ...]:
        # As in Django, a tree of the same connector is taken in flat.
        if not self.negated and (self.connector == connector or len(self.children) == 1):
            return self.children
        return (self,)


def of_joined(tree: Joined, say: Callable[[Said], Any] | None = None) -> Q:
    """The condition that was said in plain data; ``say`` what one of its parts is, if not a name's lookup."""
    joined = Q(*_children_of(tree, say or _of_said), _connector=OR if tree.connector == "or" else AND)
    return ~joined if tree.negated else joined


def _children_of(tree: Joined, say: Callable[[Said], Any]) -> list[Any]:
    children: list[Any] = []
    for part in tree.parts:
        if isinstance(part, Joined) and part.connector == tree.connector and not part.negated:
            # Taken in flat, as by an operator: what stands in each other may not be deep.
            children += _children_of(part, say)
            continue
        child = say(part) if isinstance(part, Said) else of_joined(part, say)
        alone = isinstance(child, Q) and len(child.children) == 1 and not child.negated
        children += child.children if alone else (child,)
    return children


def _of_said(said: Said) -> Q:
    name, word, value = said.column, said.word, said.value
    if is_list(value) and word in ("", "in", "not", "notin"):
        negated = word.startswith("not")
        among = Q(
            (Worded(f"{name}__{'notin' if negated else 'in'}"), [each for each in value if each is not None])
        )
        if not any(each is None for each in value):
            return among
        return among & Q((Worded(f"{name}__ne"), None)) if negated else among | Q((name, None))
    if not word:
        return Q((name, value))
    return Q((Worded(f"{name}__{'ne' if word == 'not' else word}"), value))
