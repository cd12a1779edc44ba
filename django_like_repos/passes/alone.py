"""Keys alone: where nothing but the key of rows is read, the keys that would choose them are the rows."""

from django_like_repos.rows.rows import Rows, is_among


def keys_alone(rows: Rows) -> Rows:
    """Keys of rows that a to-many join repeats: each once, and not joined with their rows again."""
    tree = rows.tree
    if (
        rows.models
        or rows.source
        or rows.keys
        or rows.once
        or rows.counts
        or rows.surrounded
        or rows.grouping
    ):
        return rows
    if rows.distinct or rows.locks or not tree.multiplied or tree.columns is None:
        return rows
    key = {column.identity for column in tree.row_key}
    read = {column.identity for column in tree.columns}
    plain = len(rows.outputs) == len(tree.columns) == len(key) and read == key
    if not plain or not all(is_among(term, tree.row_key) for term in rows.order):
        return rows
    return rows._replace(distinct=True, once=True)
