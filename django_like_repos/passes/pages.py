"""A page as a table: a slice of models with children is cut out of the models, and then joined again."""

from django_like_repos.passes.children import children_of
from django_like_repos.rows.rows import Derived, Rows, all_joins


def page_as_table(rows: Rows) -> Rows:
    """The different models of a page, where they can be compared, as a table; else keys choose them."""
    tree = rows.tree
    if not rows.models or not rows.joins or rows.source or rows.once or rows.surrounded or rows.grouping:
        return rows
    if rows.locks or not rows.paged:
        return rows
    own_order = all(term.plain and not term.nodes for term in tree.order)
    children = any(node.to_many for node in tree.read)
    if not children or tree.extras or not own_order or not tree.fits_table:
        return rows
    page = rows._replace(joins=all_joins(tree), distinct=True, once=True, loads=())
    joins, where = children_of(tree)
    return Rows(
        tree,
        (),
        models=True,
        source=Derived(page),
        joins=joins,
        where=where,
        once=True,
        order=tree.order,
        loads=tree.loads,
    )
