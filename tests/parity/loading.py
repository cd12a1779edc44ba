"""A Hypothesis strategy of chains that say what is loaded with models, as `loaded(…)` compares it.

Their rows are those of `sources.py`, as models, perhaps some of them in order. What `only()` leaves out is
never what `select_related()` goes through: that is an error on both sides.
"""

from hypothesis import strategies as st

from tests.parity.sources import COLUMNS as FILTERED
from tests.parity.sources import calls

COLUMNS = {
    "Author": ("name", "born", "country", "mentor_id"),
    "Book": ("title", "pages", "price", "author_id", "editor", "category"),
    "Category": ("name", "rank", "parent"),
    "Country": ("name", "code"),
    "Loan": ("state", "fee", "days", "book"),
    "Profile": ("bio", "site", "author"),
    "Publisher": ("name", "city", "country"),
    "Review": ("rating", "score", "text", "book", "reviewer"),
    "Tag": ("name", "note", "weight"),
}
"""What can be loaded alone; of a relation, its key."""
TO_ONE = {
    "Author": {"country": "Country", "mentor": "Author", "profile": "Profile"},
    "Book": {"author": "Author", "editor": "Author", "publisher": "Publisher", "category": "Category"},
    "Category": {"parent": "Category"},
    "Country": {},
    "Loan": {"book": "Book"},
    "Profile": {"author": "Author"},
    "Publisher": {"country": "Country"},
    "Review": {"book": "Book", "reviewer": "Author"},
    "Tag": {},
}
TO_MANY = {
    "Author": {"books": "Book", "edited_books": "Book", "pupils": "Author", "influences": "Author"},
    "Book": {"tags": "Tag", "reviews": "Review", "loans": "Loan"},
    "Category": {"children": "Category", "books": "Book"},
    "Country": {"authors": "Author"},
    "Loan": {},
    "Profile": {},
    "Publisher": {"books": "Book"},
    "Review": {},
    "Tag": {"books": "Book"},
}
DEPTH = 3


@st.composite
def _relations(draw: st.DrawFn, root: str) -> dict[str, str]:
    """Paths of to-one relations, with all that lead to them, and what each ends with."""
    found: dict[str, str] = {}
    for _ in range(draw(st.integers(0, 2))):
        model, path = root, ""
        for _ in range(draw(st.integers(1, DEPTH))):
            if not TO_ONE[model]:
                break
            # Django forgets what it has loaded of the way back of a one-to-one relation.
            back = {"author"} if path.endswith("profile") else set()
            onwards = sorted(TO_ONE[model].keys() - back)
            if not onwards:
                break
            relation = draw(st.sampled_from(onwards))
            model, path = TO_ONE[model][relation], f"{path}__{relation}".removeprefix("__")
            found[path] = model
    return found


def _columns(model: str, path: str = "") -> list[str]:
    return [f"{path}__{column}".removeprefix("__") for column in COLUMNS[model]]


def _call(method: str, names: list[str]) -> str:
    return f".{method}({', '.join(map(repr, names))})" if names else ""


@st.composite
def _only(draw: st.DrawFn, root: str, related: dict[str, str]) -> str:
    """Columns of the model and of what is filled, and every relation on the way to that."""
    some = st.lists(st.sampled_from(_columns(root)), min_size=1, max_size=3, unique=True)
    named = [*draw(some)]
    for path, model in related.items():
        more = st.lists(st.sampled_from(_columns(model, path)), max_size=2, unique=True)
        named += [path, *draw(more)]
    return _call("only", draw(st.permutations(named)))


@st.composite
def _defer(draw: st.DrawFn, root: str, related: dict[str, str]) -> str:
    """Columns of both, but no key of what is filled."""
    models = {"": root, **related}
    every = [column for path, model in models.items() for column in _columns(model, path)]
    kept = {*related, *(f"{path}_id" for path in related)}
    possible = [column for column in every if column not in kept]
    return _call("defer", draw(st.lists(st.sampled_from(possible), max_size=4, unique=True)))


@st.composite
def _prefetches(draw: st.DrawFn, root: str) -> str:
    """Relations of any kind, the last one perhaps by a queryset, in an attribute or a slice of each."""
    said: list[str] = []
    for number in range(draw(st.integers(0, 2))):
        model, path, several = root, "", False
        for _ in range(draw(st.integers(1, DEPTH))):
            relations = {**TO_ONE[model], **TO_MANY[model]}
            if not relations:
                break
            relation = draw(st.sampled_from(sorted(relations)))
            several = relation in TO_MANY[model]
            model, path = relations[relation], f"{path}__{relation}".removeprefix("__")
        # Of a one-to-one relation Django also fills the relation itself.
        if not path or path.endswith("profile") or draw(st.booleans()):
            said += [repr(path)] if path else []
            continue
        conditions = st.lists(calls(model), max_size=1) if model in FILTERED else st.just([])
        related = model + ("".join(draw(conditions)) or ".all()")
        if several:
            # The oracle takes conditions off the rows, and would take the place in a slice with them.
            slices = ["", "[:1]", "[1:3]"] if related.endswith(".all()") else [""]
            related += f".order_by('-pk'){draw(st.sampled_from(slices))}"
        # The same relation by two querysets is an error on both sides.
        said.append(f"Prefetch({path!r}, {related}, to_attr='some_{number}')")
    return f".prefetch_related({', '.join(dict.fromkeys(said))})" if said else ""


@st.composite
def loading_chains(draw: st.DrawFn) -> str:
    root = draw(st.sampled_from(sorted(set(COLUMNS) - {"Country", "Profile"})))
    related = draw(_relations(root))
    said = [
        *draw(st.lists(calls(root), max_size=2)),
        # Those in the middle are said by their ends.
        _call(
            "select_related",
            [path for path in related if not any(p.startswith(f"{path}__") for p in related)],
        ),
        draw(st.just("") | _only(root, related) | _defer(root, related)),
        draw(_prefetches(root)),
    ]
    chain = root + "".join(draw(st.permutations(said)))
    end = draw(st.sampled_from(["", "", ".order_by('-id')[1:4]", ".in_bulk([1, 2, 3])"]))
    return f"loaded({chain}{end})"
