"""Whose rows ``select_for_update()`` locks: the model's, and those of the relations that it names."""

from collections.abc import Iterable, Sequence

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.loads import Loaded
from django_like_repos.joins.tree import Node
from django_like_repos.mapping.fields import steps_of
from django_like_repos.mapping.models import Hop
from django_like_repos.mapping.paths import SEPARATOR, relation_path
from django_like_repos.query import Names
from django_like_repos.query.shapes import Locked

SELF = "self"


def locks_of(
    locked: Locked | None, root: Node, names: Names, loads: Sequence[Sequence[Loaded]], *, sqlite: bool
) -> tuple[Node, ...]:
    """The nodes whose rows are locked.

    Raises UnsupportedOperationError for a path that nothing fills or whose row may be missing, and for what
    SQLite has not.
    """
    if locked is None:
        return ()
    if sqlite:
        refuse_on_sqlite(locked)
    known = {
        _name(loaded.relation for loaded in chain[: depth + 1]): chain[depth].node
        for chain in loads
        for depth in range(len(chain))
    }
    found = [root if name == SELF else _node(name, names, known) for name in locked.of or (SELF,)]
    return tuple(dict.fromkeys(found))


def refuse_on_sqlite(locked: Locked) -> None:
    """Raises UnsupportedOperationError for what only single rows that are locked can have."""
    given = "nowait" if locked.nowait else "skip_locked" if locked.skip_locked else None
    if given is not None:
        raise UnsupportedOperationError(
            f"select_for_update({given}=True): SQLite locks no rows, but lets one transaction write at a "
            f"time, for which others wait: leave {given} out, and say it on PostgreSQL alone"
        )


def _node(name: str, names: Names, known: dict[str, Node]) -> Node:
    node = known.get(_name(steps_of(relation_path(names, name))))
    if node is None:
        choices = ", ".join((SELF, *known))
        raise UnsupportedOperationError(
            f"select_for_update(of={name!r}): only what select_related() fills is read, and can be locked: "
            f"{choices}"
        )
    missing = next((each for each in reversed(node.lineage) if each.outer), None)
    if missing is not None:
        raise UnsupportedOperationError(
            f"select_for_update(of={name!r}): {missing.hop!r} may be missing, and no database locks a row "
            f"that is not there: innerjoin({name!r}) wants it to be, or leave it out"
        )
    return node


def _name(hops: Iterable[Hop]) -> str:
    return SEPARATOR.join(hop.narrowed or hop.key for hop in hops)
