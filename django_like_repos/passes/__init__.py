"""Passes: rows rewritten until they can be said as they are, each ``Rows`` → ``Rows``, a file each.

Those that must run make the answer right; those that may run make it cheaper. A pass that has nothing to do
gives back what it was given, so that running it twice changes nothing.
"""

from collections.abc import Callable
from typing import Final

from django_like_repos.passes.alone import keys_alone
from django_like_repos.passes.counting import count_in_place, find_in_place
from django_like_repos.passes.different import different_anyway
from django_like_repos.passes.distinct import distinct_in_order
from django_like_repos.passes.first import first_by_database
from django_like_repos.passes.group_first import group_first
from django_like_repos.passes.groups import say_groups
from django_like_repos.passes.keys import keys_first
from django_like_repos.passes.links import links_alone
from django_like_repos.passes.models import models_by_rows
from django_like_repos.passes.once import each_row_once
from django_like_repos.passes.pages import page_as_table
from django_like_repos.passes.semi_joins import semi_joins
from django_like_repos.passes.unread import unread_joins
from django_like_repos.passes.windows import windows_outside
from django_like_repos.rows.rows import Compound, Derived, Rows

Pass = Callable[[Rows], Rows]

LAST: Final[tuple[Pass, ...]] = (group_first, links_alone)
"""Those that may run when the others have."""
MAY: Final[tuple[Pass, ...]] = (
    semi_joins,
    unread_joins,
    different_anyway,
    count_in_place,
    find_in_place,
    page_as_table,
    first_by_database,
    keys_alone,
)
MUST: Final[tuple[Pass, ...]] = (
    models_by_rows,
    windows_outside,
    say_groups,
    distinct_in_order,
    each_row_once,
    keys_first,
)


def rewritten(rows: Rows, acted: list[str] | None = None, *, may: bool = True) -> Rows:
    """Rows as they can be said; the names of the passes that had something to do go into ``acted``."""
    for each in (*MAY, *MUST, *LAST) if may else MUST:
        after = each(rows)
        if acted is not None and after is not rows and each.__name__ not in acted:
            acted.append(each.__name__)
        rows = after
    if rows.source is None and rows.keys is None:
        return rows
    source = _within(rows.source, acted, may=may)
    keys = _within(rows.keys, acted, may=may)
    if source is rows.source and keys is rows.keys:
        return rows
    return rows._replace(source=source, keys=keys)


def _within(derived: Derived | None, acted: list[str] | None, *, may: bool) -> Derived | None:
    if derived is None:
        return None
    rows = derived.rows
    if isinstance(rows, Compound):
        members = tuple([rewritten(member, acted, may=may) for member in rows.members])
        return derived._replace(rows=rows._replace(members=members))
    after = rewritten(rows, acted, may=may)
    return derived if after is rows else derived._replace(rows=after)
