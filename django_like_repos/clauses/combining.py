"""Querysets put together: ``union()`` and its kin, and ``|``, ``&``, ``^``."""

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import takewhile
from typing import Any, Final, NoReturn

from sqlalchemy import Join, Table

from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.language.inference import FAMILIES, are_alike, family, in_common, is_null
from django_like_repos.language.kinds import canonical
from django_like_repos.mapping.fields import beside, steps_of
from django_like_repos.mapping.models import mapper_of
from django_like_repos.mapping.options import loader_of
from django_like_repos.mapping.paths import Path, field_path, relation_path
from django_like_repos.mapping.projection import outputs_of
from django_like_repos.mapping.row_makers import width_of
from django_like_repos.query import UNORDERED, Frame, Names, Projection, Query, names
from django_like_repos.query.conditions import AND, OR, XOR
from django_like_repos.query.depth import check_depth
from django_like_repos.query.locking import refuse_locked
from django_like_repos.query.names import Annotation, annotated, guarded
from django_like_repos.query.shapes import ALWAYS, Annotate, Calls, Combination, Filtered, Group, Shape
from django_like_repos.query.trees import walks_in
from django_like_repos.query.untrusted import Allowed

MOST_COMBINED: Final = 500
"""Querysets in one combination, of which SQLite takes no more."""

_SIGNS: Final[dict[str, str]] = {AND: "&", OR: "|", XOR: "^"}


def combined(query: Query, others: Sequence[Query], operator: str, *, every: bool) -> Query:
    """``union()``, ``intersection()`` and ``difference()``; ``every`` keeps repeats.

    Raises UnsupportedOperationError for querysets that have no columns in common.
    """
    queries = [query, *others]
    for each in queries:
        refuse_made(each, operator)
        refuse_locked(each.frame, f"{operator}()", "lock those of filter(pk__in=…) of it")
    _check_fillable(queries, operator)
    if operator == "union":
        # As in Django, a union with nothing is the rest.
        queries = [each for each in queries if not each.never] or [query]
    widths = {_width(each) for each in queries}
    models = {each.model for each in queries if _projection(each) is None}
    if (
        len(widths) > 1
        or len(models) > 1
        or (models and len(queries) != sum(_projection(q) is None for q in queries))
    ):
        raise UnsupportedOperationError(
            f"{operator}() is of querysets with as many columns of the same kinds: "
            f"{' and '.join(map(repr, queries))}"
        )
    first, filled = queries[0], queries[0].frame
    # What the models hold is said of the rows of all: those of the first decide, as in Django.
    queries = [_unfilled(each) for each in queries]
    if models and not isinstance(mapper_of(query.model).selectable, (Table, Join)):
        raise UnsupportedOperationError(
            f"{operator}() of {query.model.__name__} is of values() only: "
            "its models are read from a union already"
        )
    members = [
        member
        for place, each in enumerate(queries)
        for member in _members(each, operator, every=every, first=place == 0)
    ]
    if len(members) > MOST_COMBINED:
        raise UnsupportedOperationError(
            f"{operator}() is of at most {MOST_COMBINED} querysets, and these are {len(members)}: "
            "SQLite takes no more; say them as conditions of one"
        )
    frame = Frame(
        combined=Combination(operator, every, tuple(members)),
        related=filled.related,
        fields=filled.fields,
        fetch_mode=query.frame.fetch_mode,
    )
    if _projection(first) is not None:
        frame = frame._replace(projection=Projection(outputs_of(first.shape), 0))
    call = (query.last_call, operator, tuple(map(repr, others)), {"all": True} if every else {})
    options = _options_of((query, *others))
    if models:
        # What the parts have joined is gone: the same relations are loaded of the rows, whole.
        paths = dict.fromkeys(path for each in queries for path in each.frame.loads)
        relations = [[hop.relation for hop in relation_path(first.names, path).named] for path in paths]
        options["loaders"] += tuple(map(loader_of, relations))
    check_depth(*queries)
    return query.evolve(
        names=guarded(_names(queries, operator), _guard_of((query, *others))),
        steps=(),
        step_params=tuple([param for each in queries for param in each.params]),
        step_expressions=tuple([expression for each in queries for expression in each.expressions]),
        foreign=any(each.foreign for each in queries) or any(options.values()),
        **options,
        ordering=UNORDERED,
        default_order=False,
        limit=None,
        offset=None,
        sliced=False,
        frame=frame,
        row=first.row,
        last_call=call,
    )


def _check_fillable(queries: Iterable[Query], operator: str) -> None:
    """Raises UnsupportedOperationError for what is filled by a condition that the rows of all do not have."""
    for query in queries:
        narrowed = beside(query.names, query.frame.related)
        if narrowed:
            raise UnsupportedOperationError(
                f"{operator}() loses the condition of the FilteredRelation {narrowed[0]!r}, by which "
                f"select_related() fills it: leave that out, or say the querysets as one with |: {query!r}"
            )

        inline = [path for path in query.frame.related if _begins_with_subclass(query.names, path)]
        if inline:
            raise UnsupportedOperationError(
                f"{operator}() reads the columns of {query.model.__name__} alone, and "
                f"select_related({inline[0]!r}) those of a subclass: leave that out, or say the querysets as "
                f"one with |: {query!r}"
            )


def _begins_with_subclass(names: Names, path: str) -> bool:
    return steps_of(relation_path(names, path))[0].relation is None


def _unfilled(query: Query) -> Query:
    frame = query.frame
    return query if frame.unfilled is frame else query.evolve(frame=frame.unfilled)


def _guard_of(queries: Iterable[Query]) -> Allowed | None:
    """What all of the queries allow to be written."""
    guards = [guard for guard in (each.names.guard for each in queries) if guard is not None]
    return reduce(Allowed.also, guards) if guards else None


def _names(queries: Sequence[Query], operator: str) -> Names:
    """What names mean in rows of several queries: values of the type that all of them have.

    Raises UnsupportedOperationError for values of several kinds.
    """
    first = queries[0]
    known, values = first.names.bare, outputs_of(first.shape)
    if any(_width(each) != len(outputs_of(each.shape)) for each in queries):
        return known
    for name, *paths in zip(values, *map(_values, queries), strict=True):
        kinds = [path.types[0] for path in paths]
        type_, why = _in_common(kinds)
        if why:
            raise UnsupportedOperationError(
                f"{operator}() is of querysets with columns of the same kinds, and those of {name!r} are "
                f"{why}; Cast() makes another type of a value: {' and '.join(map(repr, queries))}"
            )
        if type_ is not kinds[0] or paths[0].transforms:
            # Nothing but the name leads to it: it is no column of the model any more.
            known = annotated(known, name, Annotation(name, type_, False, False, True))
    return known


def _values(query: Query) -> list[Path]:
    return [field_path(query.names, name) for name in outputs_of(query.shape)]


def _in_common(kinds: Sequence[Any]) -> tuple[Any, str]:
    """The type of values that are of one of these, as far as that is known; or why there is none."""
    first = kinds[0]
    families = {family(each) for each in kinds}
    if all(are_alike(first, each) for each in kinds) or any(map(is_null, kinds)) or families == {"integer"}:
        return first, ""
    found = in_common(kinds).type
    if found is not None:
        return canonical(found), ""
    return first, " and ".join(sorted(families)) if families <= FAMILIES else ""


def _options_of(queries: Iterable[Query]) -> dict[str, tuple[Any, ...]]:
    """SQLAlchemy's options of all querysets: they are put together into one statement."""
    every = [each.settings for each in queries]
    return {
        "loaders": tuple(dict.fromkeys(option for each in every for option in each.loaders)),
        "volatile": tuple(dict.fromkeys(option for each in every for option in each.volatile)),
    }


def _members(query: Query, operator: str, *, every: bool, first: bool) -> tuple[Shape, ...]:
    """What a query adds to a combination: itself, or its own members where that says the same."""
    frame, combination = query.frame, query.frame.combined
    if combination is None or combination.operator != operator or query.limit is not None or query.offset:
        return (query.shape,)
    whole = frame.projection is None or frame.projection.fields == outputs_of(combination.members[0])
    bare = frame._replace(combined=None, projection=None, fetch_mode=None) == Frame()
    plain = whole and not query.ordered and bare
    # Of repeats that go in the end nobody minds whether they were there.
    alike = combination.all == every or (operator == "union" and not every)
    return combination.members if plain and alike and (first or operator != "difference") else (query.shape,)


def _projection(query: Query) -> Projection | None:
    return query.frame.projection


def _width(query: Query) -> int:
    columns = outputs_of(query.shape)
    return width_of(query.names, columns)


def refuse_combined(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError for a call that cannot follow ``union()`` and its kin."""
    combination = query.settings.frame.combined
    if combination is not None:
        raise UnsupportedOperationError(
            f"{name}() after {combination.operator}() is not supported: call it on the querysets before"
        )


def refuse_made(query: Query, name: str) -> None:
    """Raises UnsupportedOperationError where it is said already what rows are made into."""
    if query.settings.into is not None:
        raise UnsupportedOperationError(f"{name}() cannot follow into(), which says what is read: {query!r}")


def joined_by(left: Query, right: Query, connector: str) -> Query:
    """``left | right``, ``left & right``, ``left ^ right``.

    Raises UnsupportedOperationError for querysets of different models, slices, and different annotations.
    """
    _check_alike(left, right, connector)
    left = left.evolve(names=guarded(left.names, _guard_of((left, right))))
    if connector == AND:
        steps: tuple[Any, ...] = (*left.steps, *right.steps)
    else:
        named = [*takewhile(lambda step: isinstance(step, (Annotate, Filtered)), left.steps)]
        mine = left.steps[len(named) :]
        base = names(left.names.model, left.names.zone)
        start: Any = named[-1] if named else None
        sides: tuple[Any, ...] = (Calls(mine or (ALWAYS,), start.names if start else base),)
        if len(mine) == 1:
            # As many as there are stand beside each other.
            sides = _calls_of(mine[0], connector) or sides
        steps = (*named, Group(connector, False, (*sides, Calls(right.steps or (ALWAYS,), base))))
    return left.evolve(
        **_options_of((left, right)),
        steps=steps,
        step_params=(*left.step_params, *right.step_params),
        step_expressions=(*left.settings.step_expressions, *right.settings.step_expressions),
        foreign=left.foreign or right.foreign,
        ordering=right.ordering if right.ordered else left.ordering,
        last_call=(left.last_call, _SIGNS[connector], (right,), {}),
    )


def _calls_of(step: Any, connector: str) -> tuple[Any, ...]:
    """The sides of a step that is querysets joined by this connector already; none of any other."""
    if not isinstance(step, Group) or step.connector != connector or step.negated:
        return ()
    return step.children if all(isinstance(child, Calls) for child in step.children) else ()


def _check_alike(left: Query, right: Query, connector: str) -> None:
    for query in (left, right):
        refuse_combined(query, repr(_SIGNS[connector]))
        if query.sliced:
            _refuse("a slice cannot be combined with another queryset", left, right)
    mine, other = left.names, right.names
    mine, other = mine.bare, other.bare
    if mine.model is not other.model or mine.zone != other.zone or mine.relations != other.relations:
        _refuse("querysets of different models, zones or relations cannot be combined", left, right)
    if _walk_apart(left, right, connector):
        _refuse(
            "descendants() and ancestors() are of the rows of one queryset: filter(pk__in=…) of one goes "
            "with |, & and ^, and union() puts both together",
            left,
            right,
        )
    if connector == AND and mine is not other:
        _refuse("querysets with different annotations cannot be combined by &", left, right)
    if left.settings.into != right.settings.into:
        _refuse("querysets whose rows are made into different things cannot be combined", left, right)
    if left.frame.unfilled != right.frame.unfilled:
        _refuse("querysets that read or join different things cannot be combined", left, right)


def _walk_apart(left: Query, right: Query, connector: str) -> bool:
    """Whether recursions would be joined where they decide of some rows only, or one in the other's place."""
    mine, others = walks_in(left.steps), walks_in(right.steps)
    return bool(mine and others) if connector == AND else bool(mine or others)


def _refuse(why: str, left: Query, right: Query) -> NoReturn:
    raise UnsupportedOperationError(f"{why}: {left!r}, {right!r}")
