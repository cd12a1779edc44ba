"""A page as a table: a slice of models with children is cut out of the models, and then joined again."""

from django_like_repos.language.equality import can_be_told_apart
from django_like_repos.mapping.models import columns_of
from django_like_repos.passes.children import children_of
from django_like_repos.rows.rows import Derived, Rows
from django_like_repos.tree.tree import Tree


def page_as_table(rows: Rows) -> Rows:
    """The different models of a page, where they can be compared, as a table; else keys choose them."""
    tree = rows.tree
    if not rows.models or not rows.paged or rows.source or rows.once or rows.surrounded or rows.grouping:
        return rows
    if not any(node.to_many for node in tree.read) or tree.extras or not _is_comparable(tree):
        return rows
    page = rows._replace(distinct=True, once=True, loads=())
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


def _is_comparable(tree: Tree) -> bool:
    # An SQLAlchemy expression or loader option speaks of the table itself, which a derived table hides.
    mapper = tree.mapper
    plain = mapper.inherits is None and mapper.polymorphic_on is None
    own_order = all(term.plain and not term.nodes for term in tree.order)
    whole = all(field.column is not None for field in columns_of(mapper))
    loaded = not any(prop.deferred for prop in mapper.column_attrs)
    return plain and own_order and whole and loaded and not tree.foreign and can_be_told_apart(mapper)
