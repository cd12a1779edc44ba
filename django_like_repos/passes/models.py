"""Models by rows: where windows or groups decide which models there are, their keys are chosen first."""

from django_like_repos.passes.children import children_of
from django_like_repos.passes.keys import keys_of
from django_like_repos.passes.windows import refuse_to_many
from django_like_repos.rows.rows import Carried, CarriedTerm, Derived, Output, Rows, all_joins, outputs_of


def models_by_rows(rows: Rows) -> Rows:
    """Models with what is annotated on them, chosen by their keys, and their children."""
    tree = rows.tree
    of_groups = rows.grouping and (tree.loads or not tree.has_own_key)
    if not rows.models or not (rows.surrounded or of_groups or tree.different):
        return rows
    key, extras = tree.whole_key, list(tree.extras.items())
    sides = [*tree.apart, *[term.side for term in tree.order]]
    refuse_to_many(tree, tree.order)
    # Where none is left out by it, the order is said outside.
    order = rows.order if rows.paged or rows.first_of else ()
    chosen = rows._replace(outputs=outputs_of(sides), models=False, distinct=tree.different, order=order)
    chosen = chosen._replace(joins=all_joins(tree), loads=())
    joins, where = children_of(tree, carried=True)
    return Rows(
        tree,
        tuple([Output(Carried(len(key) + place), name) for place, (name, _) in enumerate(extras)]),
        models=True,
        keys=Derived(chosen),
        root_keys=keys_of(tree, tree.root, key),
        joins=joins,
        where=where,
        once=True,
        order=tuple([CarriedTerm(term, len(tree.apart) + place) for place, term in enumerate(tree.order)]),
        loads=tree.loads,
    )
