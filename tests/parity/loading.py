"""A Hypothesis strategy of chains that say what is loaded with models, as `loaded(…)` compares it.

Their rows are those of `sources.py`, as models, perhaps some of them in order. What `only()` leaves out is
never what `select_related()` goes through: that is an error on both sides.
"""

from hypothesis import strategies as st

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
            relation = draw(st.sampled_from(sorted(TO_ONE[model])))
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
    ]
    chain = root + "".join(draw(st.permutations(said)))
    end = draw(st.sampled_from(["", "", ".order_by('-id')[1:4]", ".in_bulk([1, 2, 3])"]))
    return f"loaded({chain}{end})"
