"""Links alone: of a many-to-many relation whose key is all that is read, the table between says that."""

from django_like_repos.language.row_keys import Linked
from django_like_repos.rows.rows import Rows


def links_alone(rows: Rows) -> Rows:
    """Joins of many-to-many relations without the rows at their end, where nobody looks at these."""
    tree = rows.tree
    if not rows.joins or not tree.params.bare or tree.foreign or tree.brings_tables:
        return rows
    told = [node for output in rows.outputs if isinstance(output.side, Linked) for node in output.side.nodes]
    apart = {*tree.loaded, *rows.locks, *told}
    found = [node for node, keys in rows.joins if node.is_link and not keys and node not in apart]
    return rows if rows.links.issuperset(found) else rows._replace(links=rows.links.union(found))
