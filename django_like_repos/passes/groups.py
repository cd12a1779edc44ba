"""Groups: what the rows of one have in common, from what is read, ordered by and asked of them."""

from collections.abc import Hashable, Iterator

from django_like_repos.language.sides import Column, Named, Side
from django_like_repos.rows.rows import Rows


def say_groups(rows: Rows) -> Rows:
    """Rows in groups, with all that they are grouped by."""
    if not rows.grouping or rows.surrounded:
        return rows
    groups: dict[Hashable, Side] = {}
    for side in _groups(rows):
        groups.setdefault(side.identity if isinstance(side, Named) else side, side)
    return rows._replace(grouping=False, counts=True, groups=tuple(groups.values()))


def _groups(rows: Rows) -> Iterator[Side]:
    tree = rows.tree
    explicit = tree.groups or ()
    known = {single.identity for side in explicit if isinstance(side, Named) for single in side.singles}
    of_model = tree.of_models and tree.has_own_key
    for side in explicit:
        # By its name, as in Django, and not by what it is computed of.
        whole = not side.aggregate and not side.window and side.groups
        yield from (side.singles if isinstance(side, Named) else [side]) if whole else side.groups
    if tree.of_models:
        yield from tree.whole_key
    having = [group for predicate in tree.having for group in predicate.groups]
    sides = [side for output in rows.outputs for side in output.groups]
    for side in (*sides, *[term.side for term in tree.order], *having):
        if isinstance(side, Named) and side.identity in known:
            continue
        for group in side.groups:
            # What the key of a row decides need not be named.
            if not (of_model and isinstance(group, Column) and group.node is tree.root):
                yield group
