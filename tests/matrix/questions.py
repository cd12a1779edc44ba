"""The questions: every lookup on every column, with every kind of value; a generator for each family."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.matrix.values import (
    FLAGS,
    FOREIGN,
    JSON_KEY_LISTS,
    JSON_KEYS,
    JSON_NUMBERS,
    JSON_ODD_PATHS,
    JSON_PARTS,
    JSON_PATHS,
    JSON_VALUES,
    KEY_LISTS,
    KEYS,
    PART_VALUES,
    PARTS,
    PATTERNS,
    PIECES,
    TEXTS,
    TYPICAL,
    WRITTEN,
    Sources,
)

COMPARISONS: Final = ("exact", "gt", "gte", "lt", "lte")
PATTERN_LOOKUPS: Final = (
    *("iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"),
)
REGEXES: Final = ("regex", "iregex")
# Columns that every database can compare with each other.
LIKE: Final = (("integer", "small", "big", "float", "decimal"), ("text", "char", "color"))
CLOCK: Final = ("hour", "minute", "second")
CALENDAR: Final = tuple(part for part in PARTS if part not in (*CLOCK, "date", "time"))
PARTS_OF: Final = {"date": CALENDAR, "naive": tuple(PARTS), "aware": tuple(PARTS), "time": CLOCK}


@dataclass(frozen=True)
class Question:
    """A keyword of `filter()`. In its value `<other>` stands for the way to another row."""

    column: str
    lookup: str
    value: str
    path: str = ""
    """What stands between the column and the lookup."""

    @property
    def name(self) -> str:
        return "__".join(part for part in (self.column, self.path, self.lookup) if part)

    @property
    def of_null(self) -> bool:
        """Whether what is compared with may be NULL, which a negation has to mind."""
        return "F(" in self.value or "None" in self.value


def comparison(column: str) -> Iterator[Question]:
    typical = (*TYPICAL[column], *WRITTEN.get(column, ()))
    yield Question(column, "", typical[0])
    yield Question(column, "isnul", "True")
    yield Question(column, "box", "5")
    for lookup in COMPARISONS:
        for value in (*typical, "None"):
            yield Question(column, lookup, value)
    for lookup in ("exact", "gte"):
        for value in FOREIGN:
            yield Question(column, lookup, value)


def membership(column: str) -> Iterator[Question]:
    first, second, *_ = TYPICAL[column]
    written = WRITTEN.get(column, TYPICAL[column])[0]
    for value in (
        *("[]", "()", "[None]", f"[{first}]", f"[{first}, {second}]", f"({second}, {written})", "None", "5"),
        *(f"[{first}, None]", f"[{first}, {first}]", f"iter([{second}])", f"[[{first}]]", f"[{first}] * 300"),
        *("'abc'", "b'abc'", "['abc']", "[5, 2**70]", "[b'abc', 5]", f"[{', '.join(TYPICAL[column])}]"),
        *(f"Box.filter(id__lt=8).values({column!r})", f"Box.none().values({column!r})", "[object()]"),
        *(f"F('<other>{column}')", f"[F('<other>{column}'), {first}]", "{}", "range(6)"),
    ):
        yield Question(column, "in", value)
    for value in (
        *(f"({first}, {second})", f"({second}, {first})", f"[{second}, {first}]", f"({first}, {written})"),
        *(f"({first}, None)", f"(None, {first})", f"({first},)", f"({first}, {second}, {first})", first),
        *("()", "None", "(None, None)", "('abc', 5)", "(-(2**70), 2**70)", "(2**70, -(2**70))"),
        *(f"(F('<other>{column}'), {first})", f"({second}, F('<other>{column}'))"),
    ):
        yield Question(column, "range", value)
    for value in FLAGS:
        yield Question(column, "isnull", value)


def text(column: str) -> Iterator[Question]:
    texts = PIECES.get(column, TEXTS)
    for lookup in PATTERN_LOOKUPS:
        for value in (*texts, "None"):
            yield Question(column, lookup, value)
    for lookup in REGEXES:
        for value in (*(PATTERNS if column == "text" else texts), "None"):
            yield Question(column, lookup, value)


def expressions(column: str) -> Iterator[Question]:
    same = f"F('<other>{column}')"
    for lookup in COMPARISONS:
        yield Question(column, lookup, same)
    if column in ("text", "char", "integer", "boolean", "color"):
        for lookup in (*PATTERN_LOOKUPS, *REGEXES):
            yield Question(column, lookup, same)
    for like in LIKE:
        for other in like if column in like else ():
            yield Question(column, "exact", f"F('{other}')")
            yield Question(column, "lt", f"F('<other>{other}')")
    yield Question(column, "isnull", same)
    yield Question(column, "exact", "F('nothing')")


def dates(column: str, *, thoroughly: bool = True) -> Iterator[Question]:
    for part, values in PARTS.items():
        if part not in PARTS_OF.get(column, ()):
            yield Question(column, "", values[0], part)
            continue
        yield from _part(column, part, values if thoroughly else values[:3])
        if thoroughly and part in ("year", "iso_year", "month", "date", "time", "hour"):
            yield from _odd_part(column, part)
        if part in ("date", "time"):
            yield from _chained(column, part)
        yield Question(column, "month", "2", part)
        yield Question(column, "nothing", values[0], part)


def _part(column: str, part: str, values: Sources) -> Iterator[Question]:
    first, second, *_ = values
    yield Question(column, "", first, part)
    for lookup in COMPARISONS:
        for value in (*values, f"F('<other>{column}__{part}')"):
            yield Question(column, lookup, value, part)
    for value in ("[]", f"[{first}]", f"[{second}, None]", f"[{first}, '{second}']", "['x']", "5", "[2**70]"):
        yield Question(column, "in", value, part)
    for value in (f"({second}, {first})", f"({first}, {second})", f"({first}, None)", "(0, 2**70)", first):
        yield Question(column, "range", value, part)
    for value in ("True", "False", "None"):
        yield Question(column, "isnull", value, part)


def _odd_part(column: str, part: str) -> Iterator[Question]:
    for lookup in ("exact", "gte"):
        for value in PART_VALUES:
            yield Question(column, lookup, value, part)
    for lookup in (*PATTERN_LOOKUPS, *REGEXES):
        for value in ("'2'", "2"):
            yield Question(column, lookup, value, part)


def _chained(column: str, part: str) -> Iterator[Question]:
    for then, (first, second, *_) in PARTS.items():
        path = f"{part}__{then}"
        yield Question(column, "", first, path)
        yield Question(column, "gte", second, path)
        yield Question(column, "in", f"[{first}, {second}]", path)
        yield Question(column, "isnull", "True", path)


def documents(column: str) -> Iterator[Question]:
    if column == "json":
        yield from _containment(column, "", JSON_PARTS)
        yield from _keys(column, "", (*JSON_KEYS, *JSON_NUMBERS), JSON_KEY_LISTS)
    else:
        yield Question(column, "contained_by", "{'a': 1}")
        yield from _keys(column, "", ("'a'",), ("['a']",))


def paths(column: str) -> Iterator[Question]:
    for path in JSON_PATHS:
        yield from _path(
            column, path, JSON_VALUES, ("'abc'", "'AB'", "'1'", "1", "''", "'null'", "'\"'", "None")
        )
    for path in JSON_ODD_PATHS:
        yield from _path(column, path, JSON_VALUES[:4], ("'abc'", "'z'"))
    yield from _containment(column, "a", JSON_PARTS)
    yield from _keys(column, "a", JSON_KEYS, JSON_KEY_LISTS)


def _path(column: str, path: str, values: Sources, texts: Sources) -> Iterator[Question]:
    if path != "exact":
        yield Question(column, "", "1", path)
    for lookup in COMPARISONS:
        for value in (*values, "None", "F('<other>json__a')"):
            yield Question(column, lookup, value, path)
    for value in (
        "[1, 'abc']",
        "[]",
        "[None]",
        "[None, 1]",
        "[[1, 2], {}]",
        "[{'b': 1}]",
        "[True]",
        "['1']",
        "5",
    ):
        yield Question(column, "in", value, path)
    for value in ("(1, 10)", "('a', 'b')", "(1, None)", "1"):
        yield Question(column, "range", value, path)
    for value in ("True", "False", "None"):
        yield Question(column, "isnull", value, path)
    for lookup in (*PATTERN_LOOKUPS, *REGEXES):
        for value in texts:
            yield Question(column, lookup, value, path)


def _containment(column: str, path: str, values: Sources) -> Iterator[Question]:
    for lookup in ("contains", "contained_by"):
        for value in values:
            yield Question(column, lookup, value, path)


def _keys(column: str, path: str, keys: Sources, lists: Sources) -> Iterator[Question]:
    for value in keys:
        yield Question(column, "has_key", value, path)
    for lookup in ("has_keys", "has_any_keys"):
        for value in lists:
            yield Question(column, lookup, value, path)


def relations(relation: str) -> Iterator[Question]:
    keys, lists = KEYS[relation], KEY_LISTS[relation]
    yield from _key(relation, keys, lists)
    for name in (f"{relation}__pk", f"{relation}__id", *(["box_id", "pk"] if relation == "box" else [])):
        yield from _key(name, keys[::2], lists[::3])


def _key(name: str, keys: Sources, lists: Sources) -> Iterator[Question]:
    yield Question(name, "", "5")
    for lookup in COMPARISONS:
        for value in keys:
            yield Question(name, lookup, value)
    for value in lists:
        yield Question(name, "in", value)
    for value in ("(2, 5)", f"({keys[0]}, 5)", "5", "(2, None)"):
        yield Question(name, "range", value)
    for value in FLAGS:
        yield Question(name, "isnull", value)
    for lookup in (*PATTERN_LOOKUPS, *REGEXES, "year", "nothing", "has_key"):
        yield Question(name, lookup, "5")
    for value in ("F('id')", "F('pk')", "F('box')", "F('specimens')", "F('integer')"):
        yield Question(name, "exact", value)
        yield Question(name, "gte", value)
