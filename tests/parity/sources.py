"""A Hypothesis strategy of cases: chains of `filter` and `exclude` with trees of Q, as source.

Compared are columns with values that occur in them, so that much is found. Left out is what Django says in
another way on SQLite: LIKE that heeds case, and the folding of anything but ASCII.
"""

from collections import defaultdict
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from tests.parity.rows import library_rows

COLUMNS = {
    "Author": (
        "name",
        "born",
        "country__code",
        "profile__bio",
        "mentor__born",
        "mentor__profile__site",
        "mentor__pupils__born",
        "books__price",
        "books__subtitle",
        "books__reviews__score",
        "edited_books__price",
        "reviews__score",
        "pupils__born",
        "pupils__country__code",
        "influences__born",
        "influenced__born",
    ),
    "Book": (
        "title",
        "subtitle",
        "pages",
        "price",
        "author__born",
        "author__books__price",
        "editor__name",
        "editor__born",
        "editor__profile__bio",
        "editor__books__price",
        "publisher__city",
        "publisher__country__code",
        "publisher__books__pages",
        "category__rank",
        "category__parent__rank",
        "reviews__rating",
        "reviews__score",
        "reviews__text",
        "reviews__reviewer__born",
        "tags__weight",
        "tags__note",
    ),
    "Category": (
        "name",
        "rank",
        "parent__name",
        "parent__rank",
        "parent__parent__rank",
        "parent__children__rank",
        "children__name",
        "children__rank",
        "children__children__rank",
        "children__books__reviews__rating",
        "books__price",
        "books__subtitle",
    ),
    "Loan": (
        "days",
        "book__price",
        "book__subtitle",
        "book__author__born",
        "book__editor__name",
        "book__reviews__score",
        "book__tags__note",
        "book__loans__days",
    ),
    "Publisher": (
        "city",
        "country__code",
        "books__price",
        "books__subtitle",
        "books__editor__born",
        "books__reviews__score",
        "books__reviews__text",
        "books__tags__note",
        "books__tags__weight",
    ),
    "Review": (
        "rating",
        "score",
        "text",
        "book__price",
        "book__subtitle",
        "book__reviews__score",
        "book__tags__note",
        "book__tags__weight",
        "reviewer__born",
        "reviewer__country__code",
        "reviewer__mentor__born",
        "reviewer__pupils__name",
        "reviewer__books__price",
    ),
    "Tag": (
        "note",
        "weight",
        "books__price",
        "books__subtitle",
        "books__editor__born",
        "books__publisher__city",
        "books__reviews__score",
    ),
}
RELATIONS = {
    "Author": ("mentor", "mentor__profile", "profile", "books", "books__reviews", "pupils", "influences"),
    "Book": ("editor", "editor__books", "publisher__country", "category__parent", "reviews", "tags"),
    "Category": ("parent", "parent__parent", "parent__children", "children", "children__children", "books"),
    "Loan": ("book__editor", "book__publisher", "book__reviews", "book__tags"),
    "Publisher": ("books", "books__editor", "books__reviews", "books__tags"),
    "Review": ("reviewer", "reviewer__books", "reviewer__profile", "book__editor", "book__tags"),
    "Tag": ("books", "books__editor", "books__reviews"),
}


def _values() -> dict[str, list[Any]]:
    values: dict[str, set[Any]] = defaultdict(set)
    for _, rows in library_rows():
        for row in rows:
            for column, value in row.items():
                if isinstance(value, int) or (isinstance(value, str) and value.isascii()):
                    values[column].add(value)
    return {column: sorted(found) for column, found in values.items()}


VALUES = _values()
INTEGERS = {
    root: [path for path in paths if isinstance(VALUES[path.split("__")[-1]][0], int)]
    for root, paths in COLUMNS.items()
}


def comparisons(root: str) -> st.SearchStrategy[str]:
    """A column compared with something that could be in it."""
    return st.sampled_from(COLUMNS[root]).flatmap(lambda path: comparisons_of(root, path))


@st.composite
def comparisons_of(draw: st.DrawFn, root: str, path: str) -> str:
    known = VALUES[path.split("__")[-1]]
    values = st.sampled_from([each.value if isinstance(each, Enum) else each for each in known])
    value = draw(values)
    if any(isinstance(each, Enum) for each in known):
        return f"Q({path}={value!r})"
    if draw(st.integers(0, 3)) == 0:
        return f"Q({path}__in={draw(st.lists(st.none() | values, max_size=3))})"
    if isinstance(value, str):
        return f"Q({path}{draw(st.sampled_from(['', '__iexact', '__icontains']))}={value!r})"
    lookup = draw(st.sampled_from(["", "__gt", "__gte", "__lt", "__lte", "__range"]))
    if lookup == "__range":
        return f"Q({path}__range=({value}, {draw(values)}))"
    if draw(st.integers(0, 3)) == 0:
        return f"Q({path}{lookup}=F({draw(st.sampled_from(INTEGERS[root]))!r}))"
    return f"Q({path}{lookup}={value})"


@st.composite
def absences(draw: st.DrawFn, root: str) -> str:
    path = draw(st.sampled_from(COLUMNS[root] + RELATIONS[root]))
    return f"Q({path}{draw(st.sampled_from(['=None', '__isnull=True', '__isnull=False']))})"


def trees(root: str) -> st.SearchStrategy[str]:
    return st.recursive(
        comparisons(root) | comparisons(root) | absences(root),
        lambda inner: (
            st.builds("~{}".format, inner)
            | st.builds("({} {} {})".format, inner, st.sampled_from("&|^"), inner)
        ),
        max_leaves=4,
    )


def calls(root: str) -> st.SearchStrategy[str]:
    conditions = st.lists(trees(root), min_size=1, max_size=2).map(", ".join)
    return st.builds(".{}({})".format, st.sampled_from(["filter", "exclude"]), conditions)


def chains(root: str) -> st.SearchStrategy[str]:
    return st.lists(calls(root), min_size=1, max_size=3).map(lambda made: root + "".join(made))


sources = st.sampled_from(sorted(COLUMNS)).flatmap(chains)
