"""SELECT of one text: rows as a JSON array, with the rows at the ends of their relations within them.

Each relation is asked once for the rows of all owners: what found the owners stands before the statement, as
a common table expression, and a list of each owner's is joined to it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, func, select

from django_like_repos.constructs.bodies import object_of, put_together, text_of, within_brackets
from django_like_repos.constructs.params import Params
from django_like_repos.language.terms import Term
from django_like_repos.passes import rewritten
from django_like_repos.query.bodies import Body, Leaf, Several, Written
from django_like_repos.rows import asking
from django_like_repos.rows.rows import Rows
from django_like_repos.statements.nested import NESTED
from django_like_repos.statements.select import select_rows
from django_like_repos.tree.owners import Found
from django_like_repos.tree.reader import read
from django_like_repos.tree.tree import Tree

RANK: Final = "dlr_rank"
TEXT: Final = "dlr_text"


class _Texts(NamedTuple):
    """Rows, each as a text."""

    source: Any
    text: ColumnElement[Any]
    rank: ColumnElement[int] | None
    owners: Sequence[ColumnElement[Any]]
    """Whose they are."""


def body_of(tree: Tree) -> Any:
    """The rows of a tree as one text, and their number.

    Raises ByPythonError where a database cannot write what is in them.
    """
    texts = _texts(tree)
    source, text, rank, _ = _in_order(texts, tree.params)
    whole = within_brackets(put_together(text, rank))
    return select(whole.label("body"), func.count().label("number")).select_from(source)


def _texts(tree: Tree) -> _Texts:
    """The rows of a tree, each as a text of its own."""
    body = tree.frame.body
    assert isinstance(body, Body)
    asked, ranked = asking.rows(tree), bool(tree.order) and bool(body.lists or tree.owner_key)
    if ranked and tree.params.sqlite and not body.lists:
        # Nothing is joined to them, so that they may come in the order in which they are put together.
        asked = asked._replace(order=(*[Term(key, descending=False) for key in tree.owner_key], *asked.order))
        ranked = False
    rows = _rows(asked, ranked=ranked, often=bool(body.lists))
    columns = list(rows.c)
    # Rows of several queries have no owners.
    width = len(tree.columns or ())
    owners = columns[width : width + len(tree.owner_key)]
    source: Any = rows
    lists: list[ColumnElement[Any]] = []
    for listed in body.lists:
        keys = [columns[place] for place in listed.keys]
        of_owners = _lists(read(listed.shape, tree.params, (), NESTED, owners=Found(keys)))
        *theirs, text = of_owners.c
        same = and_(*[mine == other for mine, other in zip(keys, theirs, strict=True)])
        source = source.outerjoin(of_owners, same)
        lists.append(text)
    said = _Said(columns, lists, tree.params)
    return _Texts(source, said.of(body.part), columns[-1] if ranked else None, owners)


def _rows(asked: Rows, *, ranked: bool, often: bool) -> FromClause:
    """Rows as a table, ``ranked`` by a last column; asked once if they are read ``often``."""
    statement: Any = select_rows(rewritten(asked), table=True)
    aliases = asked.tree.params.aliases
    if ranked:
        # Numbered as they come, whatever has put them in order.
        inner = aliases.derived(statement)
        statement = select(*inner.c, func.row_number().over().label(RANK))
    rows: FromClause = aliases.asked_once(statement) if often else aliases.derived(statement)
    return rows


def _lists(tree: Tree) -> FromClause:
    """The lists of a relation: the columns of the owner's key, and the text of all of its rows."""
    source, text, rank, owners = _in_order(_texts(tree), tree.params)
    statement = select(*owners, put_together(text, rank).label(TEXT)).select_from(source).group_by(*owners)
    lists: FromClause = tree.params.aliases.derived(statement)
    return lists


def _in_order(texts: _Texts, params: Params) -> _Texts:
    """Texts in their order, where the database puts together what it is given as it is given it."""
    source, text, rank, owners = texts
    if rank is None or not params.sqlite:
        return texts
    statement = select(*owners, text.label(TEXT)).select_from(source).order_by(*owners, rank)
    sorted_ = params.aliases.derived(statement)
    *theirs, text = sorted_.c
    return _Texts(sorted_, text, None, theirs)


class _Said:
    """The text of a row, made of its columns and of the lists that are joined to it."""

    def __init__(
        self, columns: Sequence[ColumnElement[Any]], lists: Sequence[ColumnElement[Any]], params: Params
    ) -> None:
        self._columns, self._lists, self._params = columns, lists, params

    def of(self, part: Any) -> ColumnElement[Any]:
        if isinstance(part, Leaf):
            return text_of(self._columns[part.place], part.takes, self._params.dialect)
        if isinstance(part, Several):
            return within_brackets(self._lists[part.number], alone=part.alone)
        assert isinstance(part, Written)
        presence = None if part.presence is None else self._columns[part.presence]
        members = [("" if part.array else key, self.of(each)) for key, each in part.members]
        return object_of(members, array=part.array, presence=presence)
