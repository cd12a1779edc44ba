"""``Case``, and conditions as values."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, case, type_coerce

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.joins.scope import Scope
from django_like_repos.language.casting import as_type, typed
from django_like_repos.language.conditions import read_call
from django_like_repos.language.inference import BOOLEAN, common, of_one_type
from django_like_repos.language.kinds import (
    Builder,
    Traits,
    build_expression,
    canonical,
    has_traits,
    read_argument,
    register_reader,
    register_shape,
    together,
    traits_of,
)
from django_like_repos.language.members import read_alike
from django_like_repos.language.sides import Compound, Side
from django_like_repos.mapping.paths import field_path
from django_like_repos.query import Case, Clause, Names, Q, When
from django_like_repos.query.shapes import ALWAYS, Atom, Calls, Choice, Group, Members, Pair, Row, Test, Truth


@register_reader(Q)
def _read_condition(names: Names, value: Q) -> Clause:
    clause = read_call(names, (value,), {}, negated=False)
    if clause is None:
        clause = Clause(ALWAYS)
    return clause._replace(shape=Truth(clause.shape))


class Condition(Side):
    """Whether something holds."""

    by_others = True

    def __init__(self, predicate: Any) -> None:
        self._predicate = predicate
        self.nodes = tuple(predicate.nodes)
        self.aggregate = predicate.aggregate
        self.window = predicate.window

    def sql(self, scope: Scope) -> Any:
        said = self._predicate.sql(scope)
        return said if isinstance(said.type, Boolean) else type_coerce(said, BOOLEAN)

    def is_of(self, table: Any) -> bool:
        return table is not None and self._predicate.own

    @property
    def groups(self) -> list[Side]:
        # As in Django, what it speaks of makes groups, and not whether it holds.
        return [*self._predicate.groups]


register_shape(
    Truth,
    lambda names, shape: Traits(BOOLEAN, *flags_of(names, shape.condition)),
    lambda builder, shape: Condition(builder.condition(shape.condition)),
)


def flags_of(names: Names, shape: Any) -> tuple[bool, bool]:
    """Whether an aggregate, and whether a window, is part of a condition."""
    found = [*_flags(names, shape)]
    return any(aggregate for aggregate, _ in found), any(window for _, window in found)


def _flags(names: Names, shape: Any) -> Iterator[tuple[bool, bool]]:
    if isinstance(shape, Atom):
        annotation = field_path(names, shape.path).annotation
        if annotation is not None:
            yield annotation.aggregate, annotation.window
        yield from _flags(names, shape.operand)
    elif isinstance(shape, Test):
        yield from _flags(names, shape.value)
    elif has_traits(shape):
        traits = traits_of(names, shape)
        yield traits.aggregate, traits.window
    elif isinstance(shape, (Group, Pair, Members, Row, Calls)) or type(shape) is tuple:
        for part in shape:
            yield from _flags(names, part)


@register_reader(When)
def _read_when(names: Names, value: When) -> Clause:
    raise UnsupportedOperationError(f"{value!r} is part of a Case() and no value by itself")


@register_reader(Case)
def _read_case(names: Names, value: Case) -> Clause:
    type_ = canonical(value.output_field)
    values = [*[when.then for when in value.cases], value.default]
    *thens, default = read_alike(names, values, read_argument, type_)
    conditions = [
        read_call(names, (when.condition,), {}, negated=False) or Clause(ALWAYS) for when in value.cases
    ]
    read = list(zip(conditions, thens, strict=True))
    shape = Choice(tuple([(condition.shape, then.shape) for condition, then in read]), default.shape, type_)
    return Clause(shape, *together([*(part for pair in read for part in pair), default]))


def _traits_of_case(names: Names, shape: Choice) -> Traits:
    values = [traits_of(names, then) for _, then in shape.cases] + [traits_of(names, shape.default)]
    conditions = [Traits(BOOLEAN, *flags_of(names, condition)) for condition, _ in shape.cases]
    known = common(values)
    return Traits(
        shape.type or known.type,
        known.aggregate or any(each.aggregate for each in conditions),
        known.window or any(each.window for each in conditions),
        known.why,
    )


def _build_case(builder: Builder, shape: Choice) -> Side:
    sides: list[Side] = []
    for condition, then in shape.cases:
        sides.append(Condition(builder.condition(condition)))
        sides.append(build_expression(builder, then))
    sides.append(build_expression(builder, shape.default))
    known = traits_of(builder.names, shape).type

    def say(*values: Any) -> Any:
        conditions, (*thens, default) = values[:-1:2], of_one_type([*values[1::2], values[-1]], known)
        type_it = typed if shape.type is None else as_type
        if not thens:
            return type_it(default, known)
        whens = list(zip(conditions, thens, strict=True))
        return type_it(case(*whens, else_=default), known)

    return Compound(say, *sides)


register_shape(Choice, _traits_of_case, _build_case)
