"""The rows that most tests here have: two trees of folders, one of them with an end that is closed."""

from sqlalchemy.ext.asyncio import AsyncSession

from tests.trees.models import Node, Owner, links

PARENTS = {1: None, 2: 1, 3: 1, 4: 2, 5: 2, 6: 3, 7: 5, 8: None, 9: 8}
"""The parent of each node."""
LINKS = [(1, 4), (4, 7), (7, 1)]
"""A cycle."""


async def plant(session: AsyncSession) -> None:
    """The rows: nodes 1 to 7 are a tree, so are 8 and 9; of rank 0 are the even ones."""
    session.add(Owner(id=1, name="o"))
    for key, parent in PARENTS.items():
        session.add(Node(id=key, name=f"n{key}", rank=key % 2, parent_id=parent, owner_id=1))
        await session.flush()
    await session.execute(links.insert(), [{"source_id": one, "target_id": other} for one, other in LINKS])
    session.expunge_all()
