"""Different anyway: values that the key of a row is among need not be compared to be different."""

from django_like_repos.language.sides import Column
from django_like_repos.rows.rows import Rows


def different_anyway(rows: Rows) -> Rows:
    """Values without DISTINCT, where the key is one of them and nothing repeats the rows."""
    if not rows.distinct or rows.once or rows.models or rows.source or rows.surrounded or rows.grouping:
        return rows
    tree = rows.tree
    if tree.multiplied or tree.foreign or tree.joins_more or not tree.has_own_key:
        return rows
    if any(node.to_many for node in tree.joins.nodes):
        return rows
    read = {output.side.identity for output in rows.outputs if isinstance(output.side, Column)}
    keys = [column.identity for column in tree.key]
    return rows._replace(distinct=False) if read.issuperset(keys) else rows
