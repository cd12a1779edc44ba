"""Objects of the types that ``into()`` was given, made of rows by a loop that is generated for them."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import starmap
from typing import Any, Final, cast

from django_like_repos.caching import cached
from django_like_repos.execution.collector import MANY, paused
from django_like_repos.query.into import Made, Several

Found = Mapping[Any, Sequence[Any]]
"""What a statement of its own has found, by the keys of the rows that it is for."""
Make = Callable[..., list[Any]]

_LOOP: Final = """
def make(rows{found}):
    return [{made} for {row} in rows]
"""


def made_of(made: Made | int, rows: Sequence[Any], found: Sequence[Found]) -> list[Any]:
    """An object, or a bare value, for each row; whatever its type's own code raises."""
    if not rows:
        return []
    make = _maker(made, len(rows[0]), len(found))
    if len(rows) < MANY:
        return make(rows, *found)
    with paused():
        return make(rows, *found)


def keys_in(rows: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """The keys that stand in these places of rows, each once, but for those with NULL."""
    if len(places) == 1:
        (place,) = places
        return [key for key in dict.fromkeys([row[place] for row in rows]) if key is not None]
    keys = dict.fromkeys([tuple([row[place] for place in places]) for row in rows])
    return [key for key in keys if None not in key]


def by_owner(
    owned: Sequence[tuple[Any, Any]], made: Sequence[Any], identity: Sequence[int]
) -> Mapping[Any, list[Any]]:
    """What is made of rows, by the keys that came with them; those that are one row by ``identity`` once."""
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    known: set[Any] = set()
    for each, (row, key) in zip(made, owned, strict=True):
        if identity:
            own = key, *[row[place] for place in identity]
            if own in known:
                continue
            known.add(own)
        found[key].append(each)
    return found


@cached(1024)
def _maker(made: Made | int, width: int, lists: int) -> Make:
    """The loop for rows of so many columns, and what so many statements have found for them."""
    if not isinstance(made, Made):
        return lambda rows: [row[made] for row in rows]
    if made.way == "call" and _is_whole(made, width):
        kind = made.type
        return lambda rows: [*starmap(kind, rows)]
    environment: dict[str, Any] = {"none": (), "new": tuple.__new__}
    text = _Text(environment).of(made)
    # To take a row apart costs less than to ask it for its values one by one.
    row = "".join(f"c{place}, " for place in range(width))
    found = "".join(f", l{number}" for number in range(lists))
    exec(compile(_LOOP.format(found=found, made=text, row=row), "<the loop of a type>", "exec"), environment)
    return cast("Make", environment["make"])


def _is_whole(made: Made, width: int) -> bool:
    """Whether what a type is called with is the row itself."""
    parts = [(place, part) for _, place, part in made.members]
    return made.presence is None and parts == [(place, place) for place in range(width)]


class _Text:
    """The Python that makes an object; what it speaks of goes into an environment."""

    def __init__(self, environment: dict[str, Any]) -> None:
        self._environment = environment

    def of(self, part: Hashable) -> str:
        if isinstance(part, Several):
            return self._several(part)
        if not isinstance(part, Made):
            return f"c{part}"
        text = getattr(self, f"_{part.way}")(part)
        return text if part.presence is None else f"(None if c{part.presence} is None else {text})"

    def _several(self, part: Several) -> str:
        key = ", ".join(f"c{place}" for place in part.keys)
        found = f"l{part.number}.get({key if len(part.keys) == 1 else f'({key})'}, none)"
        if part.collect is None:
            return f"({found} or (None,))[0]"
        # Each its own: rows of one key would share it.
        return f"[*{found}]" if part.collect is list else f"{self._named(part.collect)}({found})"

    def _call(self, part: Made) -> str:
        given: list[str] = []
        for name, place, each in sorted(part.members, key=_places):
            text = self.of(each)
            given.append(text if place == len(given) else f"{name}={text}")
        return f"{self._named(part.type)}({', '.join(given)})"

    def _tuple(self, part: Made) -> str:
        values = "".join(f"{self.of(each)}, " for _, _, each in part.members)
        return f"new({self._named(part.type)}, ({values}))"

    def _dict(self, part: Made) -> str:
        return f"{{{', '.join(f'{name!r}: {self.of(each)}' for name, _, each in part.members)}}}"

    def _validated(self, part: Made) -> str:
        validate = part.type.__pydantic_validator__.validate_python
        # Before pydantic 2.11 fields have no names but their aliases.
        named = "by_name" in (validate.__text_signature__ or "")
        # A composite is an object, which a model may be made of.
        more = ", from_attributes=True" + (", by_alias=False, by_name=True" if named else "")
        return f"{self._named(validate)}({self._dict(part)}{more})"

    def _named(self, value: Any) -> str:
        name = f"v{len(self._environment)}"
        self._environment[name] = value
        return name


def _places(member: tuple[str, int | None, Hashable]) -> tuple[bool, int]:
    _, place, _ = member
    return place is None, place or 0
