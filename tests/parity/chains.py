"""A Hypothesis strategy of chains of up to six calls, of everything that a queryset can be asked.

A chain is written call by call, knowing what its rows are so far: models or rows of values, one by one or in
groups, and with which annotations. So Django accepts each, and each ordering is total: it ends with the key,
or is by all that a row of values has.

Left out is what Django says in another way on SQLite (see `sources.py`), and products that are too large for
an integer of PostgreSQL's.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hypothesis import strategies as st

from tests.parity.sources import COLUMNS, VALUES, comparisons, comparisons_of, trees

DEPTH = 6
TO_MANY = {
    "books",
    "children",
    "contributions",
    "edited_books",
    "editions",
    "influenced",
    "influences",
    "loans",
    "pupils",
    "reviews",
    "tags",
}
MORE_COLUMNS = {
    "Author": ("contributions__share",),
    "Book": ("contributions__share", "contributions__role", "editions__copies", "editions__ratio"),
    "Category": ("books__editions__ratio",),
    "Loan": ("book__editions__copies",),
    "Publisher": ("books__contributions__share",),
    "Review": ("book__editions__copies",),
    "Tag": ("books__editions__ratio",),
}
COUNTED = {
    "Author": ("books", "edited_books", "pupils", "reviews", "books__reviews", "influences", "contributions"),
    "Book": ("reviews", "tags", "editions", "contributors", "reviews__reviewer"),
    "Category": ("books", "children", "children__children", "books__reviews"),
    "Loan": ("book__reviews", "book__loans", "book__tags"),
    "Publisher": ("books", "books__reviews", "books__tags"),
    "Review": ("book__tags", "book__reviews", "reviewer__books"),
    "Tag": ("books", "books__reviews"),
}
LINKED = {
    "Author": ("influences", "influenced"),
    "Book": ("tags", "contributors"),
    "Category": (),
    "Loan": (),
    "Publisher": (),
    "Review": (),
    "Tag": ("books",),
}
RELATED = {
    # root: a model, how it points at the root, an integer of it
    "Author": ("Book", "author", "pages"),
    "Book": ("Review", "book", "rating"),
    "Category": ("Book", "category", "pages"),
    "Publisher": ("Book", "publisher", "pages"),
}
# What has no letter whose other case SQLite does not know.
FOLDED = {"city", "code", "note", "subtitle", "site"}
INTEGER, TEXT, BOOLEAN, DATE = int, str, bool, date
DATES = {
    "Author": (),
    "Book": ("published_on",),
    "Category": (),
    "Loan": ("book__published_on",),
    "Publisher": (),
    "Review": ("book__published_on",),
}
KEYS = (1, 3, 5)


def _of_kind(root: str, kind: type, *, many: bool) -> list[str]:
    paths = COLUMNS[root] + MORE_COLUMNS[root]
    return [
        path
        for path in paths
        if isinstance(VALUES[path.split("__")[-1]][0], kind) and (many or not _is_to_many(path))
    ]


def _is_to_many(path: str) -> bool:
    return not TO_MANY.isdisjoint(path.split("__"))


@dataclass
class Chain:
    """A chain as far as it is written."""

    draw: st.DrawFn
    root: str
    source: str
    annotations: dict[str, type] = field(default_factory=dict)
    visible: list[str] = field(default_factory=list)
    """Those that the rows show: not those of `alias()`."""
    aggregates: set[str] = field(default_factory=set)
    """Those of several rows, aggregates and windows: neither can be asked for within one."""
    rows: tuple[str, ...] | None = None
    """The names of a row of values; None for models."""
    grouped: bool = False
    ordered: bool = False

    def any_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def path(self, kind: type, *, many: bool = False) -> str:
        """A column, or an annotation of one row."""
        annotated = [
            name
            for name, its_kind in self.annotations.items()
            if its_kind is kind and name not in self.aggregates
        ]
        return str(self.any_of(*(_of_kind(self.root, kind, many=many) + annotated or ["id"])))

    # Calls

    def filter(self) -> None:
        condition = trees(self.root)
        if self.annotations:
            condition |= self._conditions_on_annotations()
        if self.root in RELATED:
            condition |= self._existences()
        condition |= self._memberships()
        if many := [path for path in self.rows or () if _is_to_many(path)]:
            # Of the rows that are read, or grouped by, it speaks of others.
            condition |= st.sampled_from(many).flatmap(lambda path: comparisons_of(self.root, path))
        conditions = ", ".join(self.draw(st.lists(condition, min_size=1, max_size=2)))
        self.source += f".{self.any_of('filter', 'filter', 'exclude')}({conditions})"

    def _conditions_on_annotations(self) -> st.SearchStrategy[str]:
        return st.sampled_from(sorted(self.annotations)).flatmap(self._conditions_on)

    def _conditions_on(self, name: str) -> st.SearchStrategy[str]:
        absent = st.sampled_from([f"Q({name}=None)", f"Q({name}__isnull=False)"])
        kind = self.annotations[name]
        if kind is TEXT:
            return absent | st.sampled_from([f"Q({name}='old')", f"Q({name}__in=['', 'Paris'])"])
        if kind is BOOLEAN:
            return st.sampled_from([f"Q({name}=True)", f"~Q({name}=True)", f"Q({name}=False)"])
        if kind is DATE:
            return absent | st.sampled_from([f"Q({name}__year=2010)", f"Q({name}__gt=date(2001, 1, 1))"])
        lookup = st.sampled_from(["", "__gt", "__gte", "__lt", "__lte"])
        value = st.sampled_from([0, 1, 2, 3, 50, 100, 1000])
        comparison = st.builds(f"Q({name}{{}}={{}})".format, lookup, value)
        others = [other for other, its_kind in self.annotations.items() if its_kind is INTEGER]
        value |= st.sampled_from([f"F({other!r})" for other in others])
        either = st.builds("({} {} {})".format, comparison, st.sampled_from("&|^"), comparisons(self.root))
        return comparison | comparison.map("~{}".format) | absent | either

    def _memberships(self) -> st.SearchStrategy[str]:
        """Conditions on what a subquery finds, perhaps the first few of it."""
        found = trees(self.root).map(f"{self.root}.filter({{}})".format)
        few = st.builds("{}.order_by('-id')[{}:5]".format, found, st.sampled_from([0, 1]))
        return st.builds("Q(id__in={}.values('id'))".format, found) | few.map("Q(id__in={})".format)

    def _existences(self) -> st.SearchStrategy[str]:
        model, link, column = RELATED[self.root]
        inner = st.sampled_from(VALUES[column]).map(
            f"Exists({model}.filter({link}=OuterRef('pk'), {column}__gt={{}}))".format
        )
        return inner | inner.map("~{}".format)

    def annotate(self) -> None:
        name = f"a{len(self.annotations)}"
        choices = [self._length, self._folded, self._subquery, self._truth, self._window, self._of_date]
        if self.aggregates & {*self.visible}:
            choices += [self._of_aggregate, self._of_aggregate]
        if _of_kind(self.root, INTEGER, many=False):
            choices += [self._sum, self._sum, self._case, self._coalesced]
        if self.rows is not None and not self.grouped:
            choices += [self._related]
        kind, expression = self.any_of(*choices)()
        method = self.any_of("annotate", "annotate", "alias")
        self.source += f".{method}({name}={expression})"
        self.annotations[name] = kind
        if method == "annotate":
            self._seen(name)

    def _seen(self, name: str) -> None:
        self.visible.append(name)
        if self.rows is not None:
            self.rows += (name,)

    def _sum(self) -> tuple[type, str]:
        left = self.path(INTEGER)
        right = self.any_of("1", "3", f"F({self.path(INTEGER)!r})")
        sign = self.any_of("+", "-") if right.startswith("F") else self.any_of("+", "-", "*")
        return INTEGER, self.any_of(f"F({left!r})", f"F({left!r}) {sign} {right}")

    def _case(self) -> tuple[type, str]:
        condition = self.draw(_inner_conditions(self.root).filter(lambda each: not _mentions_to_many(each)))
        default = self.any_of("", ", default=Value(0)", f", default=F({self.path(INTEGER)!r})")
        return INTEGER, f"Case(When({condition}, then=F({self.path(INTEGER)!r})){default})"

    def _coalesced(self) -> tuple[type, str]:
        kind = self.any_of(INTEGER, TEXT)
        default = "7" if kind is INTEGER else "Value('x')"
        if kind is INTEGER:
            return kind, f"Coalesce({self.path(kind)!r}, {default})"
        return kind, f"Coalesce({self.path(kind)!r}, {default}, output_field=TEXT)"

    def _length(self) -> tuple[type, str]:
        return INTEGER, f"Length({self.path(TEXT)!r})"

    def _folded(self) -> tuple[type, str]:
        paths = [path for path in _of_kind(self.root, TEXT, many=False) if path.split("__")[-1] in FOLDED]
        if not paths:
            return self._length()
        return TEXT, f"Lower({self.any_of(*paths)!r})"

    def _subquery(self) -> tuple[type, str]:
        if self.root not in RELATED:
            return self._length()
        model, link, column = RELATED[self.root]
        found = f"{model}.filter({link}=OuterRef('pk'))"
        return INTEGER, f"Subquery({found}.order_by('-{column}', 'id').values('{column}')[:1])"

    def _truth(self) -> tuple[type, str]:
        if self.root in RELATED and self.any_of(True, False):
            return BOOLEAN, self.draw(self._existences())
        condition = _inner_conditions(self.root).filter(lambda each: not _mentions_to_many(each))
        return BOOLEAN, self.draw(condition | condition.map("~{}".format))

    def _window(self) -> tuple[type, str]:
        integer = self.path(INTEGER)
        function = self.any_of(
            "RowNumber()", f"Sum({integer!r})", "Rank()", f"Lag({integer!r})", "Count('id')"
        )
        partition = self.any_of("", f", partition_by={self.path(self.any_of(INTEGER, TEXT))!r}")
        order = self.any_of(f", order_by=[{self.path(INTEGER)!r}, 'id']", ", order_by='-id'")
        frame = (
            self.any_of("", ", frame=RowRange(start=-1, end=1)")
            if function.startswith(("Sum", "Count"))
            else ""
        )
        self.aggregates.add(f"a{len(self.annotations)}")
        return INTEGER, f"Window({function}{partition}{order}{frame})"

    def _of_date(self) -> tuple[type, str]:
        if not (paths := DATES.get(self.root)):
            return self._length()
        path = self.any_of(*paths)
        function = self.any_of("TruncMonth", "TruncYear", "ExtractYear", "ExtractWeek")
        return DATE if function.startswith("Trunc") else INTEGER, f"{function}({path!r})"

    def _of_aggregate(self) -> tuple[type, str]:
        name = self.any_of(*sorted(self.aggregates & {*self.visible}))
        self.aggregates.add(f"a{len(self.annotations)}")
        return INTEGER, self.any_of(
            f"F({name!r}) + 1", f"Coalesce({name!r}, 0, output_field=FLOAT)", f"F({name!r}) * F({name!r})"
        )

    def _related(self) -> tuple[type, str]:
        self._unordered()
        paths = [path for path in _of_kind(self.root, INTEGER, many=True) if _is_to_many(path)]
        return INTEGER, f"F({self.any_of(*paths)!r})"

    def filtered_relation(self) -> None:
        # Over a many-to-many relation Django shares the link's rows with others, and we do not.
        relations = [
            path for path in COUNTED[self.root] if "__" not in path and path not in LINKED[self.root]
        ]
        if not relations:
            return self.annotate()
        relation = self.any_of(*relations)
        columns = [
            path for path in _of_kind(self.root, INTEGER, many=True) if path.startswith(f"{relation}__")
        ]
        columns = [path for path in columns if path.count("__") == 1]
        if not columns:
            return self.annotate()
        name, path = f"f{len(self.annotations)}", self.any_of(*columns)
        value = self.any_of(*VALUES[path.split("__")[-1]])
        self.source += f".annotate({name}=FilteredRelation({relation!r}, condition=Q({path}__gt={value})))"
        counted = f"a{len(self.annotations)}"
        self.source += f".annotate({counted}=Count({name!r}))"
        self._aggregated(counted)
        return None

    def aggregate_each(self) -> None:
        name = f"a{len(self.annotations)}"
        self.source += f".annotate({name}={self._aggregate()})"
        self._aggregated(name)

    def _aggregated(self, name: str) -> None:
        self.aggregates.add(name)
        self.annotations[name] = INTEGER
        self.grouped |= self.rows is not None
        self._seen(name)

    def _aggregate(self) -> str:
        function = self.any_of("Count", "Count", "Sum", "Avg", "Min", "Max")
        counted = COUNTED[self.root] if function == "Count" else _of_kind(self.root, INTEGER, many=True)
        distinct = (
            ", distinct=True" if function in ("Count", "Sum") and self.any_of(False, False, True) else ""
        )
        condition = (
            f", filter={self.draw(_inner_conditions(self.root))}" if self.any_of(False, False, True) else ""
        )
        return f"{function}({self.any_of(*counted)!r}{distinct}{condition})"

    def values(self) -> None:
        if many := self.any_of(False, True):
            self._unordered()
        columns = [*_of_kind(self.root, INTEGER, many=many), *_of_kind(self.root, TEXT, many=many)]
        names = st.sampled_from(self.rows if self.grouped and self.rows else [*columns, *self.visible])
        self.rows = tuple(self.draw(st.lists(names, min_size=1, max_size=3, unique=True)))
        # What is not among the values can still be asked about, and no longer shown.
        self.visible = [name for name in self.rows if name in self.annotations]
        self.source += f".{self.any_of('values', 'values_list')}({', '.join(map(repr, self.rows))})"

    def order(self) -> None:
        if self.rows is None:
            keys = [*_of_kind(self.root, INTEGER, many=False), *_of_kind(self.root, TEXT, many=False)]
            first = self.draw(st.lists(st.sampled_from([*keys, *self.annotations]), max_size=2, unique=True))
            names = [*first, "id"]
        else:
            names = self.draw(st.permutations(self.rows))
        terms = [self._term(name) for name in names]
        self.source += f".order_by({', '.join(terms)}){self.any_of('', '', '.reverse()')}"
        self.ordered = True

    def _unordered(self) -> None:
        """Of the rows that are now several, no ordering so far says which is first."""
        if self.ordered:
            self.source += ".order_by()"
        self.ordered = False

    def _term(self, name: str) -> str:
        plain = [repr(name), repr(f"-{name}")]
        return str(self.any_of(*plain, *plain, f"F({name!r}).desc(nulls_last=True)"))

    def slice(self) -> None:
        self.order()
        start = self.any_of(0, 1, 3)
        self.source += f"[{start}:{start + self.any_of(1, 3, 8)}]"

    def distinct(self) -> None:
        self.source += ".distinct()"

    def combine(self) -> None:
        """With another chain of filters on the same root."""
        conditions = self.draw(trees(self.root))
        other = f"{self.root}.filter({conditions})"
        # Django leaves out what it knows to be empty, and with it that the rest has no duplicates.
        if "__in=" not in self.source + other and self.any_of(False, True):
            columns = _of_kind(self.root, self.any_of(INTEGER, TEXT), many=False) or ["id"]
            values = f".values_list({self.any_of(*columns)!r})"
            self.source += f"{values}.{self.any_of('union', 'intersection', 'difference')}({other}{values})"
            self.source += self.any_of("", "", ".count()")
            return
        if sign := self.any_of("", "|", "&", "^"):
            self.source = f"({self.source} {sign} {other})"
            return
        method = self.any_of("union", "intersection", "difference")
        self.source += f".{method}({other})"
        if self.any_of(False, True):
            self.source += ".order_by('-id')"
            if self.any_of(False, True):
                self.source += "[1:5]"

    def end(self) -> None:
        """A terminal method, or none."""
        choices = ["", "", "", ".count()", ".exists()"]
        integers = [name for name in self.visible if self.annotations[name] is INTEGER]
        if self.rows is None:
            integers += ["id", *_of_kind(self.root, INTEGER, many=False)]
            if not self.source.endswith("]"):
                choices += [f".contains({self.root.lower()}({key}))" for key in KEYS]
        if integers:
            path = self.any_of(*integers)
            choices += [f".aggregate(x=Sum({path!r}), y=Count('id'))", f".aggregate(x=Max({path!r}))"]
        self.source += self.any_of(*choices)

    def end_with_one(self) -> None:
        """A terminal method that gives one row of the whole."""
        if self.rows is None and self.any_of(True, False):
            path = self.path(INTEGER)
            self.source += f".{self.any_of('earliest', 'latest')}({path!r}, 'id')"
        else:
            self.order()
            self.source += self.any_of(".first()", ".last()")


def _inner_conditions(root: str) -> st.SearchStrategy[str]:
    """Conditions within expressions. Of one that nothing satisfies, Django says so of the whole query."""
    return comparisons(root).filter(lambda condition: "__in=" not in condition)


def _mentions_to_many(condition: str) -> bool:
    return any(f"{name}__" in condition for name in TO_MANY)


@st.composite
def chains(draw: st.DrawFn) -> str:
    root = draw(st.sampled_from(sorted(COUNTED)))
    chain = Chain(draw, root, root)
    if draw(st.integers(0, 7)) == 7:
        chain.filter()
        chain.combine()
        return chain.source
    steps = [chain.filter, chain.filter, chain.annotate, chain.annotate, chain.aggregate_each]
    steps += [chain.filtered_relation, chain.values, chain.order]
    for _ in range(draw(st.integers(1, DEPTH - 1))):
        draw(st.sampled_from(steps))()
    if draw(st.integers(0, 5)) == 5:
        chain.end_with_one()
        return chain.source
    last = [lambda: None, chain.slice]
    if chain.rows is not None:
        last.append(chain.distinct)
    draw(st.sampled_from(last))()
    chain.end()
    return chain.source
