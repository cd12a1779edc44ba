"""``annotate()``, ``alias()`` and ``aggregate()``: expressions that get names."""

import inspect
import re
from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from typing import Any, Final

import django_like_repos.language.expressions.families  # noqa: F401 - makes every kind known
from django_like_repos.caching import LONGEST, cached
from django_like_repos.clauses.combining import refuse_combined, refuse_made
from django_like_repos.errors import UnsupportedOperationError, shortened
from django_like_repos.language.conditions import read_call
from django_like_repos.language.foreign import brings_tables
from django_like_repos.language.kinds import (
    Traits,
    is_sqlalchemy,
    read_expression,
    together,
    traits_of,
)
from django_like_repos.language.lookups import Lookup
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.paths import (
    SEPARATOR,
    field_path,
    lookup_path,
    relation_path,
)
from django_like_repos.mapping.projection import outputs
from django_like_repos.mapping.written import written_relation
from django_like_repos.query import (
    UNORDERED,
    Aggregate,
    Annotation,
    Clause,
    Combined,
    Expression,
    F,
    FilteredRelation,
    Func,
    Names,
    Q,
    Query,
    Subquery,
    annotated,
    is_queryset,
    related,
)
from django_like_repos.query.depth import check_depth
from django_like_repos.query.locking import refuse_locked
from django_like_repos.query.names import guarded
from django_like_repos.query.shapes import ALWAYS, UNTYPED, Annotate, Filtered, Projection, Reference, Shape

_FORBIDDEN: Final = re.compile(r"['`\"\]\[;\s\x00-\x1f\x7f-\x9f\ud800-\udfff]|#|--|/\*|\*/")


def annotate(query: Query, call: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Query:
    """``annotate()`` and ``alias()``. Raises UnsupportedOperationError, for a name that is taken say."""
    if query.settings.frame.combined is not None:
        refuse_combined(query, call)
    if query.settings.into is not None:
        refuse_made(query, call)
    last_call = (query.last_call, call, args, kwargs)
    steps = len(query.steps)
    for name, value in (_named(call, args, kwargs) if args else kwargs).items():
        query = (
            _relate(query, call, name, value, last_call)
            if isinstance(value, FilteredRelation)
            else _add(query, call, name, value, last_call, steps)
        )
    return query if args or kwargs else query.evolve(last_call=last_call)


def _add(query: Query, call: str, name: str, value: Any, last_call: Any, before: int) -> Query:
    names = query.names
    shape, params, expressions = read_value(names, call, value)
    check_name(query, call, name)
    bare = names if names.guard is None else names.bare
    after, traits = _after(bare, name, shape, call != "alias")
    if after is None:
        raise UnsupportedOperationError(f"{call}(): {value!r}: {traits.why}")
    if shape == UNTYPED:
        raise UnsupportedOperationError(f"{call}(): {value!r} has no type: give it an output_field")
    grouped_by: Projection | bool = False
    if traits.aggregate or traits.window:
        _check_unlocked(query, call, name, traits)
        grouped_by = not traits.window and _groups(query)
        if grouped_by and query.settings.default_order:
            query = query.evolve(ordering=UNORDERED, default_order=False)
    if not grouped_by and call != "alias" and query.settings.frame.projection is not None:
        grouped_by = _groups_beside(query, name, before)
    step = Annotate(name, shape, grouped_by, after)
    after = after if names.guard is None else guarded(after, names.guard)
    return query.narrowed(step, params, expressions, last_call, after)


def _check_unlocked(query: Query, call: str, name: str, traits: Traits) -> None:
    if query.settings.frame.locked is not None:
        kind = "a window" if traits.window else "an aggregate"
        refuse_locked(query.frame, f"{call}()", f"{name!r} is {kind}, of many of them")


def _groups(query: Query) -> Projection | bool:
    """What makes the groups of an aggregate: what is read, or the model itself."""
    projection = query.settings.frame.projection
    return projection is None or Projection(
        outputs(query.names, projection, query.steps), projection.position
    )


def _groups_beside(query: Query, name: str, before: int) -> Projection | bool:
    """What makes the groups where an aggregate stands before a value in the same call.

    As in Django, one call's aggregates are of groups by all that it reads, whatever stands first.
    """
    projection = query.settings.frame.projection
    if projection is None or not _has_aggregate(query.steps[before:]):
        return False
    fields = outputs(query.names, projection, query.steps)
    return Projection((*fields, name), projection.position)


def _has_aggregate(steps: tuple[object, ...]) -> bool:
    return any(isinstance(step, Annotate) and step.grouped_by for step in steps)


@cached(16384)
def _after(names: Names, name: str, shape: Hashable, selected: bool) -> tuple[Names | None, Traits]:
    """What names mean when an expression has one; None where it has no one type."""
    traits = traits_of(names, shape)
    if traits.type is None:
        return None, traits
    annotation = Annotation(shape, traits.type, traits.aggregate, traits.window, selected)
    return annotated(names, name, annotation), traits


def summarise(query: Query, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Query:
    """``aggregate()``. Raises UnsupportedOperationError for what is no aggregate."""
    names = rows_of(query.names)
    read: list[Clause] = []
    summary: list[tuple[str, Any, Names]] = []
    named = _named("aggregate", args, kwargs)
    # As in Django, those with names come first.
    for name, value in {**kwargs, **named}.items():
        _checked("aggregate", name)
        clause = read_value(names, "aggregate", value)
        traits = known(names, "aggregate", value, clause)
        _check_promoted(names, clause.shape, [each for each, _, _ in summary])
        if not traits.aggregate or traits.window:
            raise UnsupportedOperationError(f"aggregate({name}={value!r}): this is no aggregate")
        read.append(clause)
        summary.append((name, clause.shape, names.bare))
        names = annotated(names, name, Annotation(clause.shape, traits.type, True, False, False))
    return query.evolve(
        names=names,
        frame=query.frame._replace(summary=tuple(summary)),
        last=Clause(None, *together(read)),
        foreign=query.foreign or any(clause.expressions for clause in read),
        last_call=(query.last_call, "aggregate", args, kwargs),
    )


def _check_promoted(names: Names, shape: Any, summary: Sequence[str]) -> None:
    """Raises UnsupportedOperationError where an aggregate is of an ``alias()``."""
    if isinstance(shape, Reference):
        annotation = field_path(names, shape.path).annotation
        if annotation is not None and not annotation.selected and shape.path not in summary:
            raise UnsupportedOperationError(
                f"aggregate(): {shape.path!r} is an alias() and no value of the rows: annotate() makes it one"
            )
    elif isinstance(shape, tuple) and not isinstance(shape, Shape):
        # What a query within names is its own.
        for part in shape:
            _check_promoted(names, part, summary)


@cached(4096)
def rows_of(names: Names) -> Names:
    """The names as they are of rows that are there: what was computed of groups is a value like any other."""
    for name, annotation in names.annotations.items():
        if annotation.aggregate or annotation.window:
            names = annotated(names, name, annotation._replace(aggregate=False, window=False))
    return names


def read_value(names: Names, call: str, value: Any) -> Clause:
    """An expression, a condition or a queryset as a value. Raises UnsupportedOperationError for others."""
    check_depth(value)
    if isinstance(value, (Expression, Q)):
        return read_expression(names, value)
    if is_queryset(value):
        return read_expression(names, Subquery(value))
    if not is_sqlalchemy(value):
        raise UnsupportedOperationError(
            f"{call}() takes expressions, not {value!r}; a plain value is Value({value!r})"
        )
    clause = read_expression(names, value)
    if brings_tables(clause.expressions[0], mapper_of(names.model)):
        raise UnsupportedOperationError(
            f"{call}(): {value} is of another table than {names.model.__name__}'s, which nothing joins"
        )
    return clause


def known(names: Names, call: str, value: Any, clause: Clause) -> Traits:
    """What is known of an expression. Raises UnsupportedOperationError where it has no one type."""
    traits = traits_of(names, clause.shape)
    if traits.type is None:
        raise UnsupportedOperationError(f"{call}(): {value!r}: {traits.why}")
    return traits


def check_alias(call: str, name: str) -> None:
    """Raises UnsupportedOperationError for a name that would be more than a name in SQL."""
    if not isinstance(name, str) or not name or _FORBIDDEN.search(name):
        _refuse_name(call, name)
    if len(name) > LONGEST:
        raise UnsupportedOperationError(
            f"{call}(): {shortened(name)} cannot be a name: it has more than {LONGEST} characters"
        )
    if name.startswith("__"):
        raise UnsupportedOperationError(f"{call}(): {name!r} cannot be a name: two underscores begin our own")


_checked = cached(4096)(check_alias)


def _refuse_name(call: str, name: str) -> None:
    raise UnsupportedOperationError(
        f"{call}(): {shortened(name)} cannot be a name: column aliases cannot contain whitespace characters, "
        "hashes, control characters, quotation marks, semicolons, or SQL comments"
    )


def _named(call: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for value in args:
        if not isinstance(value, Aggregate):
            raise UnsupportedOperationError(f"{call}(): {value!r} needs a name: {call}(name=…)")
        try:
            name = value.default_alias
        except TypeError:
            raise UnsupportedOperationError(f"{call}(): {value!r} needs a name: {call}(name=…)") from None
        if name in kwargs or name in named:
            raise UnsupportedOperationError(f"{call}(): the name {name!r} is given twice")
        named[name] = value
    return {**named, **kwargs}


def check_name(query: Query, call: str, name: str) -> None:
    """Raises UnsupportedOperationError for a name that rows have something else under, or that is none."""
    projection = query.settings.frame.projection
    if projection is not None:
        _checked(call, name)
        if name in projection.fields and name not in query.names.annotations:
            raise UnsupportedOperationError(
                f"{call}(): the annotation {name!r} is a value that is read already"
            )
        return
    why = _refusal(query.names.model, call, name)
    prefetches = query.settings.prefetches
    if prefetches and any(each.attribute == name for each in prefetches):
        why = f"{name!r} is where prefetch_related() puts what it loads"
    if why is not None:
        raise UnsupportedOperationError(f"{call}(): {why}")


@cached(4096)
def _refusal(model: type[Any], call: str, name: str) -> str | None:
    """Why an annotation of models cannot have a name, if it cannot. Raises as ``check_alias()``."""
    check_alias(call, name)
    attribute = inspect.getattr_static(model, name, None)
    if name == "pk" or name.startswith("_sa_"):
        return f"{name!r} cannot be the name of an annotation: models have something else of that name"
    taken = name in mapper_of(model).all_orm_descriptors or name in mapper_of(model).attrs
    if taken or hasattr(type(attribute), "__set__"):
        return f"the annotation {name!r} conflicts with a field of {model.__name__}"
    return None


def _relate(query: Query, call: str, name: str, relation: FilteredRelation, last_call: Any) -> Query:
    check_name(query, call, name)
    if "." in name:
        raise UnsupportedOperationError(f"the name of a FilteredRelation cannot contain periods: {name!r}")
    path = written_relation(query.names, relation.relation_name)
    check_depth(relation.condition)
    after = related(query.names, name, Filtered(name, path.name, None))
    condition = _through(relation.condition, relation.relation_name, name, query.names)
    clause = read_call(after, (condition,), {}, negated=False) or Clause(ALWAYS)
    step = Filtered(name, path.name, clause.shape, after.bare)
    return query.narrowed(step, clause.params, clause.expressions, last_call, after)


def _through(condition: Any, relation: str, name: str, names: Names) -> Any:
    """A condition on what a relation leads to, as one on what its new name leads to."""
    if isinstance(condition, Q):
        return condition.of(_through(child, relation, name, names) for child in condition.children)
    if isinstance(condition, F) and type(condition) is F:
        return F(_renamed(condition.name, relation, name))
    if isinstance(condition, tuple) and len(condition) == 2:
        lookup, value = condition
        _check_depth(lookup, relation, names)
        return _renamed(lookup, relation, name), _through(value, relation, name, names)
    if isinstance(condition, Combined):
        sides = [_through(side, relation, name, names) for side in (condition.left, condition.right)]
        return Combined(condition.operator, *sides)
    if isinstance(condition, Lookup):
        return type(condition)(*[_through(e, relation, name, names) for e in (condition.lhs, condition.rhs)])
    if isinstance(condition, Func):
        function = copy(condition)
        paths = [F(each) if isinstance(each, str) else each for each in condition.expressions]
        function.expressions = tuple([_through(each, relation, name, names) for each in paths])
        return function
    if isinstance(condition, Expression) and _speaks_of(read_expression(names, condition).shape, relation):
        raise UnsupportedOperationError(
            f"the condition of a FilteredRelation speaks of {relation!r} by lookups, F() and functions, "
            f"not by {condition!r}"
        )
    return condition


def _speaks_of(shape: Any, relation: str) -> bool:
    """Whether a path in an expression is of a relation."""
    if isinstance(shape, str):
        return shape == relation or shape.startswith(relation + SEPARATOR)
    return isinstance(shape, tuple) and any(_speaks_of(part, relation) for part in shape)


def _renamed(path: str, relation: str, name: str) -> str:
    if path == relation or path.startswith(relation + SEPARATOR):
        # What a text says of itself by its class, it says of the new name too.
        return type(path)(name + path[len(relation) :])
    return path


def _check_depth(lookup: str, relation: str, names: Names) -> None:
    """Raises UnsupportedOperationError for a condition on rows that the join does not have."""
    path, _ = lookup_path(names, lookup)
    bare = relation_path(names, relation)
    if (
        path.hops
        and path.shortest.hops
        and path.shortest.hops[: len(bare.hops)] != bare.hops[: len(path.shortest.hops)]
    ):
        raise UnsupportedOperationError(
            f"the condition of a FilteredRelation is on the row itself and on {relation!r}, not on {lookup!r}"
        )
    if len(path.shortest.hops) > len(bare.hops):
        raise UnsupportedOperationError(
            f"the condition of a FilteredRelation goes no further than {relation!r}, and {lookup!r} does"
        )
