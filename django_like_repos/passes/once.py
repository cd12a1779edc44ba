"""Each row once: windows, groups and aggregates see no row twice that a join only filters by."""

from django_like_repos.passes.keys import joins_of, joins_of_keys, keys_of, labelled_keys
from django_like_repos.rows.rows import Derived, Rows, all_joins


def each_row_once(rows: Rows) -> Rows:
    """Only the joins that are read, of rows whose keys a subquery chooses by all joins and conditions."""
    tree = rows.tree
    if not rows.counts or not tree.repeated:
        return rows
    key = tree.row_key
    chosen = Rows(tree, labelled_keys(key), joins=all_joins(tree), where=tree.where, distinct=True, once=True)
    joined = joins_of_keys(tree, key)
    return rows._replace(
        counts=False,
        once=True,
        keys=Derived(chosen, "keys"),
        root_keys=keys_of(tree, tree.root, key),
        # What options() loads is joined again where the models are.
        joins=(*joined, *joins_of(tree, tree.told, joined)),
        where=(),
    )
