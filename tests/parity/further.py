"""More kinds of calls for random chains, each a small function that writes its part of a chain:
groups on a path that filters name too, enums, decimals, derived tables, and OuterRef within OuterRef.

`OFF` names those that are left out, with the reason.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from hypothesis import assume
from hypothesis import strategies as st

from tests.parity.chains import DEPTH, INTEGER, TEXT, Chain
from tests.parity.loading import TO_ONE
from tests.parity.schema import State
from tests.parity.sources import comparisons, trees

WINDOW_OVER_MANY: Final = re.compile(
    r"Window\(.*\.values(_list)?\('\w+__|\.values(_list)?\('\w+__.*Window\(|(Avg|Sum)\(.*\.union\("
)
DECIMAL, ENUM = Decimal, State
LOANS: Final = {
    "Author": "books__loans",
    "Book": "loans",
    "Category": "books__loans",
    "Loan": "book__loans",
    "Publisher": "books__loans",
    "Review": "book__loans",
    "Tag": "books__loans",
}
MONEY: Final = ("fee", "deposit")
STATES: Final = ("state", "was")
AMOUNTS: Final = ("0", "1.1", "2.20", "10", "-3.05", "0.125")
MANY: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    # root: to-many relations, the columns there
    "Author": {"books": ("pages", "price", "subtitle"), "reviews": ("rating", "score"), "pupils": ("born",)},
    "Book": {"reviews": ("rating", "score", "text"), "loans": ("days",), "tags": ("weight", "note")},
    "Category": {"books": ("pages", "price"), "children": ("rank", "name")},
    "Loan": {"book__reviews": ("rating", "score"), "book__tags": ("weight",), "book__loans": ("days",)},
    "Publisher": {"books": ("pages", "subtitle"), "books__reviews": ("rating", "text")},
    "Review": {"book__reviews": ("score", "rating"), "book__tags": ("weight", "note")},
    "Tag": {"books": ("pages", "subtitle"), "books__reviews": ("rating",)},
}
FREE: Final = {
    "Author": "name",
    "Book": "title",
    "Category": "name",
    "Loan": "fee",
    "Publisher": "city",
    "Review": "text",
    "Tag": "note",
}
"""A column of each that no relation needs."""
ROOTS: Final = tuple(sorted(LOANS))
NESTED: Final = {
    # root: what points at it, and how; what points at that (or at the same), and how; integers of the three
    "Author": ("Book", "author", "Review", "book", "born", "pages", "rating"),
    "Book": ("Review", "book", "Loan", "book__reviews", "pages", "rating", "days"),
    "Category": ("Book", "category", "Review", "book", "rank", "pages", "score"),
    "Loan": ("Book", "loans", "Review", "book", "days", "pages", "rating"),
    "Publisher": ("Book", "publisher", "Loan", "book", "id", "price", "days"),
    "Review": ("Book", "reviews", "Loan", "book", "rating", "price", "days"),
    "Tag": ("Book", "tags", "Review", "book", "weight", "pages", "rating"),
}


class Further(Chain):
    """A chain that knows of enums and decimals too."""

    @property
    def next_name(self) -> str:
        return f"a{len(self.annotations)}"

    def named(self, kind: type, expression: str, *, aggregate: bool = False) -> None:
        """Annotates; an aggregate makes groups of rows of values."""
        name = self.next_name
        self.source += f".annotate({name}={expression})"
        self.annotations[name] = kind
        if aggregate:
            self.aggregates.add(name)
            self.grouped |= self.rows is not None
        self._seen(name)

    def own(self, columns: tuple[str, ...], kind: type) -> str:
        """A column of a loan that each row has one of, or an annotation of that kind."""
        annotated = [
            name for name, its in self.annotations.items() if its is kind and name not in self.aggregates
        ]
        near = columns if self.root == "Loan" else ()
        return str(self.any_of(*near, *annotated, *annotated)) if (*near, *annotated) else ""

    def far(self, columns: tuple[str, ...]) -> str:
        return f"{LOANS[self.root]}__{self.any_of(*columns)}"

    @property
    def closed(self) -> bool:
        """Whether filters may be of what values have named before, and are left out."""
        return self.rows is not None and "filter_what_is_grouped" in OFF

    def filter(self) -> None:
        if not self.closed:
            super().filter()

    def end(self) -> None:
        if "Window(" in self.source:
            # Django asks `contains()` of a window over the one row.
            self.source += self.any_of("", ".count()", ".exists()")
        else:
            super().end()

    def _conditions_on(self, name: str) -> st.SearchStrategy[str]:
        if self.annotations[name] is ENUM:
            return st.sampled_from(
                [
                    *(f"Q({name}='live')", f"~Q({name}='draft')", f"Q({name}__in=['live', 'gone'])"),
                    *(f"Q({name}__isnull=True)", f"Q({name}=None)"),
                ]
            )
        if self.annotations[name] is DECIMAL:
            return st.builds(
                f"Q({name}__{{}}=Decimal({{!r}}))".format,
                st.sampled_from(["gt", "gte", "lt", "lte"]),
                st.sampled_from(AMOUNTS),
            )
        return super()._conditions_on(name)


Kind = Callable[[Further], None]
KINDS: Final[dict[str, Kind]] = {}
ENDS: Final[dict[str, Kind]] = {}
OFF: Final[dict[str, str]] = {}


def kind(call: Kind) -> Kind:
    """One more call in the middle of a chain."""
    KINDS[call.__name__] = call
    return call


def ending(call: Kind) -> Kind:
    """One more way for a chain to end."""
    ENDS[call.__name__] = call
    return call


# Groups after filters


def _many(chain: Further) -> tuple[str, str]:
    relation = chain.any_of(*MANY[chain.root])
    return relation, f"{relation}__{chain.any_of(*MANY[chain.root][relation])}"


def _value(path: str) -> str:
    column = path.split("__")[-1]
    texts = {"subtitle": "'a story'", "text": "'fine'", "note": "'old'", "name": "'Novel'"}
    return texts.get(column, "2")


@kind
def group_by_what_is_filtered(chain: Further) -> None:
    """Filters on a to-many relation, then groups by it."""
    if chain.rows is not None:
        return
    relation, path = _many(chain)
    chain._unordered()
    value = _value(path)
    condition = chain.any_of(
        f"{path}={value}", f"Q({path}__isnull=False)", f"Q({path}__gte={value}) | Q(id__gt=3)"
    )
    by = chain.any_of(path, f"{relation}__{chain.any_of(*MANY[chain.root][relation])}")
    chain.source += f".{chain.any_of('filter', 'filter', 'exclude')}({condition}).values({by!r})"
    chain.rows, chain.visible = (by,), []
    _count_or_sum(chain, relation)


def _count_or_sum(chain: Further, relation: str) -> None:
    integer = next(each for each in MANY[chain.root][relation] if _value(each) == "2")
    aggregate = chain.any_of(
        "Count('id')",
        f"Count({relation!r})",
        f"Sum('{relation}__{integer}')",
        f"Max('{relation}__{integer}')",
        f"Count({relation!r}, filter=Q({relation}__{integer}__gt=2))",
    )
    chain.named(INTEGER, aggregate, aggregate=True)


@kind
def filter_what_is_grouped(chain: Further) -> None:
    """Groups by a to-many relation, then filters on it."""
    if chain.rows is not None:
        return
    relation, path = _many(chain)
    chain._unordered()
    chain.source += f".values({path!r})"
    chain.rows, chain.visible = (path,), []
    _count_or_sum(chain, relation)
    chain.source += f".filter({path}__gte={_value(path)})"


@kind
def aggregate_of_what_is_filtered(chain: Further) -> None:
    if chain.rows is None:
        _filter_and_aggregate(chain)


@kind
def aggregate_of_groups_that_are_filtered(chain: Further) -> None:
    if chain.rows is not None:
        _filter_and_aggregate(chain)


def _filter_and_aggregate(chain: Further) -> None:
    relation, path = _many(chain)
    chain.source += f".filter({path}__isnull=False)"
    _count_or_sum(chain, relation)


# Enums


@kind
def enum_of_enums(chain: Further) -> None:
    first, second = chain.own(STATES, ENUM), chain.own(STATES, ENUM)
    if not first:
        return enum_of_many(chain)
    condition = chain.any_of("id__gt=2", f"{first}='live'", f"{second}=None")
    return chain.named(
        ENUM,
        chain.any_of(
            f"F({first!r})",
            f"Coalesce({first!r}, {second!r})",
            f"NullIf({first!r}, {second!r})",
            f"Case(When({condition}, then=F({first!r})), default=F({second!r}))",
        ),
    )


@kind
def enum_beside_text(chain: Further) -> None:
    path = chain.own(STATES, ENUM)
    if not path:
        return
    chain.named(
        ENUM,
        chain.any_of(
            f"Coalesce({path!r}, Value('live'))",
            f"NullIf({path!r}, Value('gone'))",
            f"Case(When(id__gt=2, then=Value('gone')), default=F({path!r}))",
            f"Case(When({path}='live', then=F({path!r})), default=Value('draft'))",
        ),
    )


@kind
def enum_of_many(chain: Further) -> None:
    path = chain.far(STATES)
    found = f"Loan.filter(book__{chain.root.lower()}=OuterRef('pk'))"
    if chain.root in ("Author", "Category", "Publisher"):
        return chain.named(ENUM, f"Subquery({found}.order_by('-id').values('{chain.any_of(*STATES)}')[:1])")
    return chain.named(INTEGER, f"Count({path!r}, distinct=True, filter=Q({path}='live'))", aggregate=True)


@kind
def filter_by_enum(chain: Further) -> None:
    path = chain.any_of(chain.own(STATES, ENUM) or chain.far(STATES), chain.far(STATES))
    if path in chain.annotations or chain.closed:
        return
    condition = chain.any_of(
        f"{path}='live'",
        f"{path}__in=['draft', 'gone']",
        f"{path}__isnull=True",
        f"Q({path}='gone') | Q(id=1)",
    )
    chain.source += f".{chain.any_of('filter', 'exclude')}({condition})"


@kind
def group_by_enum(chain: Further) -> None:
    if chain.rows is not None:
        return
    path = chain.own(STATES, ENUM) or chain.far(STATES)
    if path in chain.aggregates:
        return
    chain._unordered()
    chain.source += f".values({path!r})"
    chain.rows, chain.visible = (path,), [path] if path in chain.annotations else []
    chain.named(INTEGER, "Count('id')", aggregate=True)


# Decimals


@kind
def decimal_of_decimals(chain: Further) -> None:
    first, second = chain.own(MONEY, DECIMAL), chain.own(MONEY, DECIMAL)
    if not first:
        return decimal_of_many(chain)
    return chain.named(
        DECIMAL,
        chain.any_of(
            f"F({first!r})",
            f"F({first!r}) + F({second!r})",
            f"F({first!r}) - Decimal('0.05')",
            f"F({first!r}) * 3",
            f"F({first!r}) * F({second!r})",
            f"Coalesce({first!r}, Decimal('7.5'), output_field=DECIMAL)",
            f"Coalesce({first!r}, {second!r})",
            f"Case(When(id__gt=3, then=F({first!r})), default=F({second!r}))",
            f"Abs({first!r})",
            f"NullIf({first!r}, {second!r})",
            f"Greatest({first!r}, {second!r})",
        ),
    )


@kind
def decimal_of_many(chain: Further) -> None:
    path = chain.far(MONEY)
    aggregate = chain.any_of(
        f"Sum({path!r})",
        f"Avg({path!r})",
        f"Max({path!r})",
        f"Sum({path!r}, default=Decimal('1.5'))",
        f"Min({path!r}, filter=Q({path}__gt=Decimal('0.5')))",
        f"Sum(F({path!r}) * 2)",
    )
    chain.named(DECIMAL, aggregate, aggregate=True)


@kind
def filter_by_decimal(chain: Further) -> None:
    if chain.closed:
        return
    path = chain.any_of(chain.own(MONEY, DECIMAL) or chain.far(MONEY), chain.far(MONEY))
    value = f"Decimal({chain.any_of(*AMOUNTS)!r})"
    lookup = chain.any_of("__gt", "__lte") if path in chain.annotations else chain.any_of("", "__gt", "__lte")
    chain.source += f".{chain.any_of('filter', 'exclude')}({path}{lookup}={value})"


# What is loaded with models


@kind
def fill_relations(chain: Further) -> None:
    """Relations that the same statement fills, which changes no row."""
    relations = TO_ONE[chain.root]
    if chain.rows is None and relations:
        chain.source += f".select_related({chain.any_of(*relations)!r})"


@kind
def leave_columns_out(chain: Further) -> None:
    """Columns that are not loaded, which changes no row."""
    if chain.rows is None:
        chain.source += f".defer({FREE[chain.root]!r})"


# Derived tables


@kind
def filter_by_window(chain: Further) -> None:
    if chain.grouped or chain.rows is not None:
        return
    name = chain.next_name
    partition = chain.any_of("", f", partition_by={chain.path(INTEGER)!r}")
    chain.named(INTEGER, f"Window(RowNumber(){partition}, order_by='-id')", aggregate=True)
    chain.source += f".filter({chain.any_of(f'{name}__lte=2', f'Q({name}=1) | Q(id__lt=3)')})"


@kind
def in_a_slice(chain: Further) -> None:
    """Of keys that a slice of an ordered, annotated queryset finds."""
    found = f"{chain.root}.filter({chain.draw(trees(chain.root))})"
    relation, _ = _many(chain)
    order = chain.any_of(".order_by('-id')", f".alias(n=Count({relation!r})).order_by('-n', 'id')")
    start = chain.any_of(0, 1)
    chain.source += f".filter(id__in={found}{order}.values('id')[{start}:{start + 3}])"


@kind
def in_groups(chain: Further) -> None:
    """Of keys that groups of another model have."""
    model, link, *_ = NESTED[chain.root]
    if link in ("loans", "reviews", "tags"):
        return
    groups = f"{model}.values({link!r}).annotate(n=Count('id')).filter(n__gt={chain.any_of(0, 1)})"
    chain.source += f".{chain.any_of('filter', 'exclude')}(id__in={groups}.values({link!r}))"


@kind
def in_a_union(chain: Further) -> None:
    """Of keys that either of two querysets finds, or both, or one alone."""
    if chain.closed:
        return
    plain = comparisons(chain.root).filter(lambda each: "__in=" not in each)
    one, other = (f"{chain.root}.filter({chain.draw(plain)}).values('id')" for _ in range(2))
    method = chain.any_of("union", "intersection", "difference")
    chain.source += f".{chain.any_of('filter', 'exclude')}(id__in={one}.{method}({other}))"


@kind
def exists_of_groups(chain: Further) -> None:
    """Where groups of related rows are large enough."""
    model, link, *_ = NESTED[chain.root]
    if chain.closed:
        return
    groups = f"{model}.filter({link}=OuterRef('pk')).values({link!r}).annotate(n=Count('id'))"
    sign = chain.any_of("", "~")
    chain.source += f".filter({sign}Exists({groups}.filter(n__gt={chain.any_of(0, 1, 2)})))"


@ending
def distinct_on_what_is_filtered(chain: Further) -> None:
    """The first row of each value of a to-many relation that is filtered on."""
    if chain.rows is not None or chain.grouped:
        return
    _, path = _many(chain)
    value = _value(path)
    # Where the values are named before the filter, PostgreSQL refuses what Django makes of it.
    chain.source += f".filter({path}__gte={value}).values_list({path!r}, 'id')"
    chain.source += f".order_by({path!r}, '-id').distinct({path!r})"


@ending
def union_of_values(chain: Further) -> None:
    if chain.rows is None or chain.ordered:
        return
    other = (
        f"{chain.root}.filter({chain.draw(comparisons(chain.root).filter(lambda each: '__in=' not in each))})"
    )
    _, *calls = chain.source.split(".", 1)
    whole = ".".join([other, *calls])
    combined = f"{chain.source}.{chain.any_of('union', 'intersection', 'difference')}({whole})"
    order = ", ".join(map(repr, chain.draw(st.permutations(chain.rows))))
    chain.source = combined + chain.any_of("", ".count()", f".order_by({order})", f".order_by({order})[1:4]")


@ending
def union_of_models(chain: Further) -> None:
    if chain.rows is not None or chain.ordered or chain.annotations:
        return
    chain.source += f".union({chain.root}.filter({chain.draw(comparisons(chain.root))}))"
    chain.source += chain.any_of("", ".count()", ".order_by('-id')[1:4]", ".exists()")


@ending
def distinct_on(chain: Further) -> None:
    if chain.rows is not None or chain.grouped:
        return
    by = chain.any_of(chain.path(INTEGER), chain.path(TEXT))
    chain.source += f".order_by({by!r}, '-id').distinct({by!r}){chain.any_of('', '', '[1:4]')}"


@ending
def aggregate_of_a_page(chain: Further) -> None:
    integers = [name for name in chain.visible if chain.annotations[name] in (INTEGER, DECIMAL)]
    if not integers:
        return
    if chain.rows is None:
        chain.slice()
    else:
        chain.distinct()
    path = chain.any_of(*integers)
    chain.source += f".aggregate(x=Sum({path!r}), y=Max({path!r}))"


# OuterRef within OuterRef


def _nested(chain: Further) -> str:
    model, link, other, back, own, column, its = NESTED[chain.root]
    outer = f"OuterRef(OuterRef({own!r}))"
    within = chain.any_of(
        f"{its}__gt={outer}", f"{its}__lt=OuterRef({column!r})", f"id__gte={outer}", f"{its}={outer} + 1"
    )
    inner = f"{other}.filter({back}=OuterRef('pk'), {within})"
    sign = chain.any_of("", "~")
    return f"{model}.filter({link}=OuterRef('pk')).filter({sign}Exists({inner}))"


@kind
def exists_within_exists(chain: Further) -> None:
    sign = chain.any_of("", "~")
    chain.source += f".{chain.any_of('filter', 'exclude')}({sign}Exists({_nested(chain)}))"


@kind
def subquery_within_subquery(chain: Further) -> None:
    column = NESTED[chain.root][5]
    if chain.grouped:
        return
    chain.named(INTEGER, f"Subquery({_nested(chain)}.order_by('-id').values({column!r})[:1])")


@kind
def outer_among_values(chain: Further) -> None:
    model, link, _, _, own, column, _ = NESTED[chain.root]
    if chain.grouped:
        return
    computed = chain.any_of(f"OuterRef({own!r}) + F({column!r})", f"Coalesce(OuterRef({own!r}), {column!r})")
    found = f"{model}.filter({link}=OuterRef('pk')).annotate(y=ExpressionWrapper({computed}, INTEGER))"
    chain.named(INTEGER, f"Subquery({found}.order_by('id').values('y')[:1])")


@kind
def count_in_a_subquery(chain: Further) -> None:
    """The number of related rows, by groups in a subquery."""
    model, link, *_ = NESTED[chain.root]
    if chain.grouped:
        return
    found = f"{model}.filter({link}=OuterRef('pk')).order_by().values({link!r})"
    chain.named(INTEGER, f"Subquery({found}.annotate(n=Count('id')).values('n')[:1])")


@st.composite
def further_chains(draw: st.DrawFn) -> str:
    root = draw(st.sampled_from(ROOTS))
    chain = Further(draw, root, root)
    more = [call for name, call in KINDS.items() if name not in OFF]
    ends = [call for name, call in ENDS.items() if name not in OFF]
    plain: list[Kind] = [
        Further.filter,
        Further.filter,
        Chain.annotate,
        Chain.values,
        Chain.order,
        Chain.aggregate_each,
    ]
    first = draw(st.sampled_from(more))
    for call in draw(
        st.permutations([first, *draw(st.lists(st.sampled_from([*plain, *more]), max_size=DEPTH - 2))])
    ):
        call(chain)
    draw(st.sampled_from([Further.end, Further.end, Chain.slice, *ends]))(chain)
    # A window over groups by what is related has rows that nothing orders, and Django's unions tell floats
    # of one decimal apart.
    assume(not WINDOW_OVER_MANY.search(chain.source))
    return chain.source
