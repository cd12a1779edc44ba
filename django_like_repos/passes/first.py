"""The first by the database: PostgreSQL has words for the first row of each kind that it orders by."""

from sqlalchemy import types

from django_like_repos.language.sides import Column, Named
from django_like_repos.rows.rows import Rows
from django_like_repos.values.document import Document


def first_by_database(rows: Rows) -> Rows:
    """Rows that ``distinct()`` of fields chooses, by DISTINCT ON; else their places are counted."""
    if not rows.first_of or rows.tree.params.sqlite or not _is_plain(rows):
        return rows
    kinds = {column.identity for column in rows.first_of}
    leading = {term.side.identity for term in rows.order[: len(kinds)] if isinstance(term.side, Column)}
    if leading != kinds or not all(map(_is_comparable, rows.first_of)):
        return rows
    return rows._replace(first_of=(), distinct_on=rows.first_of, surrounded=False)


def _is_plain(rows: Rows) -> bool:
    """Whether nothing but ``distinct()`` decides which rows there are, and nothing repeats them."""
    tree = rows.tree
    if rows.qualify or rows.grouping or rows.distinct or tree.windows or tree.foreign or tree.multiplied:
        return False
    if rows.models and (tree.loads or tree.joins_more):
        return False
    return not any(node.to_many for node in tree.joins.nodes)


def _is_comparable(column: Named) -> bool:
    """Whether it is a column that is ordered by as it is compared."""
    kinds = (Document, types.JSON)
    plain = isinstance(column, Column) and not column.transforms
    return plain and not any(isinstance(field.type, kinds) for field in column.fields)
