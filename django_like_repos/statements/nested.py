"""SELECTs of queries within a query."""

from collections.abc import Iterable
from typing import Any, Final

from django_like_repos.constructs.params import Params
from django_like_repos.joins.scope import Scope
from django_like_repos.passes import rewritten
from django_like_repos.query.shapes import Shape
from django_like_repos.rows import asking
from django_like_repos.statements.select import select_rows
from django_like_repos.statements.walks import walked
from django_like_repos.tree.reader import read
from django_like_repos.tree.tree import Tree


class Nested:
    """Reads nested queries, and makes SELECTs of them."""

    def read(self, shape: Shape, params: Params, expressions: Iterable[Any], around: Any) -> Tree:
        return read(shape, params, expressions, self, around=around)

    def members(self, tree: Tree, wanted: tuple[Any, ...], around: Scope | None) -> Any:
        return select_rows(rewritten(asking.members(tree, wanted)), around)

    def value(self, tree: Tree, around: Scope | None) -> Any:
        return select_rows(rewritten(asking.value(tree)), around).scalar_subquery()

    def exists(self, tree: Tree, around: Scope | None) -> Any:
        return select_rows(rewritten(asking.any_row(tree)), around).exists()

    def recursion(self, recursion: Any) -> Any:
        return walked(recursion)


NESTED: Final = Nested()
