"""Conditions as predicates: which alias each speaks of, and whether it must be a subquery, as in Django."""

from collections.abc import Hashable, Mapping

from django_like_repos.joins.scope import Scope
from django_like_repos.joins.tree import Node
from django_like_repos.language.foreign import brings_tables
from django_like_repos.language.kinds import build_expression
from django_like_repos.language.lookups import lookup_of
from django_like_repos.language.operands import build_operand
from django_like_repos.language.predicates import Comparison, Constant, Exists, Junction, Test
from django_like_repos.language.sides import Predicate, Side
from django_like_repos.mapping.paths import Path, field_path
from django_like_repos.query import Names
from django_like_repos.query.conditions import AND
from django_like_repos.query.shapes import ALWAYS, NEVER, NULL, Annotate, Atom, Calls, Group
from django_like_repos.query.shapes import Test as TestShape
from django_like_repos.tree.naming import NONE, Naming


class Conditions(Naming):
    """Reads conditions; and annotations, which may stand among them."""

    def filtered(self, shape: Hashable) -> Predicate:
        """What one call says: its to-many paths speak of one related row."""
        self.call = set()
        return self._predicate(shape, branch=False, current=False)

    def condition(
        self, shape: Hashable, sides: Mapping[str, Side] = NONE, names: Names | None = None
    ) -> Predicate:
        before = self.inline, self.names, self.annotations
        self.inline, self.names, self.annotations = True, names or self.names, {**self.annotations, **sides}
        predicate = self._predicate(shape, branch=False, current=False)
        self.inline, self.names, self.annotations = before
        return predicate

    def annotated(self, step: Annotate) -> Side:
        """What an annotation stands for, known under its name from here on."""
        self.call = None
        side = build_expression(self, step.value)
        self.names = step.names
        self.annotations.pop(step.name, None)
        self.annotations[step.name] = side
        return side

    def _predicate(self, shape: Hashable, *, branch: bool, current: bool) -> Predicate:
        """``branch``: some NOT stands above; ``current``: an odd number of them."""
        if isinstance(shape, Atom):
            return self._comparison(shape, branch=branch, current=current)
        if isinstance(shape, Group):
            branch = branch or shape.negated
            current ^= shape.negated
            children = [self._predicate(child, branch=branch, current=current) for child in shape.children]
            return Junction(shape.connector, shape.negated, children)
        if isinstance(shape, Calls):
            return self._calls(shape, branch, current)
        if isinstance(shape, TestShape):
            side = build_expression(self, shape.value)
            return Test(side, self.mapper.local_table, certain=current)
        if shape in (NEVER, ALWAYS):
            return Constant(shape == ALWAYS)
        side = build_expression(self, shape)
        self.brings_tables |= brings_tables(side.sql(Scope(self.joins, self.mapper.class_)), self.mapper)
        return Test(side, self.mapper.local_table)

    def _calls(self, shape: Calls, branch: bool, current: bool) -> Predicate:
        """One side of two querysets; what it names is named within it only."""
        before, annotations = self.names, self.annotations
        self.names, self.annotations = shape.names, dict(annotations)
        children = [self._one_call(step, branch, current) for step in shape.steps]
        self.names, self.annotations = before, annotations
        return Junction(AND, False, children)

    def _one_call(self, step: Hashable, branch: bool, current: bool) -> Predicate:
        if isinstance(step, Annotate):
            self.annotated(step)
            return Constant(True)
        self.call = set()
        return self._predicate(step, branch=branch, current=current)

    def _comparison(self, atom: Atom, *, branch: bool, current: bool) -> Predicate:
        path = field_path(self.names, atom.path)
        lookup = lookup_of(path, atom.lookup)
        tolerant = lookup.tolerates(atom.operand)
        # The right side first, as Django does: its joins are there for the left side to share.
        right = build_operand(self, path, atom.operand, lookup.param_types(path))
        if branch and path.crosses_to_many and not self.inline:
            at_hand = None if tolerant else self._at_hand(path)
            narrowed = self.joins.narrowed
            return Exists(
                path.shortest,
                lookup,
                right,
                tolerant=tolerant,
                at_hand=at_hand,
                narrowed=narrowed,
                root=self.joins.root,
            )
        left = self.column(path)
        # As in Django, a row without a document is not one whose document is other than null.
        guarded = atom.operand != NULL
        return Comparison(path, lookup, left, right, tolerant=tolerant, negated=current, guarded=guarded)

    def _at_hand(self, path: Path) -> Node | None:
        """The alias by which this call already speaks of the related row that ``path`` leads to."""
        node = self.joins.root
        for hop in path.hops:
            found = next((c for c in node.children if c.hop is hop and c in (self.call or ())), None)
            if found is None or found.to_many:
                return found
            node = found
        return None
