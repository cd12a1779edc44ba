"""``descendants()`` and ``ancestors()``: rows that are reached from others by relations to the same model."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from django_like_repos.clauses.annotating import check_name
from django_like_repos.clauses.checks import check_number, check_whole, relation_named
from django_like_repos.clauses.filtering import Members, filtered, filtered_by_key, whole
from django_like_repos.clauses.ordering import ordered
from django_like_repos.errors import InvalidLookupValueError, UnsupportedOperationError
from django_like_repos.language.expressions.trees import TYPES
from django_like_repos.language.kinds import is_expression, together
from django_like_repos.language.outer import outer_of
from django_like_repos.mapping.models import hop_of, key_of, mapper_of
from django_like_repos.mapping.paths import Path, lookup_path
from django_like_repos.mapping.projection import paths_in
from django_like_repos.mapping.ways import passage_of
from django_like_repos.query import Annotation, Clause, OuterRef, Query, annotated, is_queryset, names
from django_like_repos.query.names import guarded
from django_like_repos.query.shapes import NEVER, Annotate, Order, Sort
from django_like_repos.query.trees import BACK, DEPTH, PATH, Walk, Walked, Way

NEAR: Final = 100
"""Steps that are counted whatever is reached; more only up to the number of rows that are."""
_ORDERS: Final = (None, DEPTH, PATH)


class Wanted(NamedTuple):
    """What ``descendants()`` and ``ancestors()`` were told beside where to begin and which way to go."""

    through: Any = None
    depth: str | None = DEPTH
    max_depth: int | None = None
    order: str | None = None
    siblings: Any = ()
    include_self: bool = False


def walked(query: Query, call: str, of: Any, via: Any, wanted: Wanted) -> Query:
    """``descendants()`` and ``ancestors()``.

    Raises UnsupportedOperationError and UnknownFieldError for what leads nowhere, InvalidLookupValueError
    for what is no key.
    """
    check_whole(query, call)
    relations = relations_of(via, call)
    model = _model_of(query, relations, call)
    siblings = _siblings(query, model, wanted, call)
    roots = _roots(query, model, of, call)
    number = len(query.steps)
    ways, clauses = _ways(query, model, relations, wanted.through, call)
    most = _most(wanted.max_depth, call)
    walk = Walk(
        number,
        model,
        roots.shape,
        ways,
        wanted.depth is not None or wanted.order is not None,
        None if siblings is None else siblings.shape,
        most is not None,
        most is None or most > NEAR,
        bool(wanted.include_self),
    )
    read = [_taken(roots), *clauses, *([] if siblings is None else [_taken(siblings)])]
    params, expressions = together(read)
    given = {"of": of, "via": via, **_given(wanted)}
    last_call = (query.last_call, call, (), given)
    params = params if most is None else (*params, most)
    if wanted.depth is not None:
        _check_name(query, call, wanted.depth)
    query = query.narrowed(walk, params, expressions, last_call)
    if wanted.depth is not None:
        query = _counted(query, wanted.depth, Walked(number, DEPTH), last_call)
    if roots.never:
        query = query.evolve(steps=(*query.steps, NEVER))
    return query if wanted.order is None else _in_order(query, model, number, wanted, last_call)


def _check_name(query: Query, call: str, name: str) -> None:
    try:
        check_name(query, call, name)
    except UnsupportedOperationError as error:
        raise UnsupportedOperationError(f"{error}: depth='level' is another name, depth=None none") from None
    if name in query.names.annotations or name in query.names.relations:
        raise UnsupportedOperationError(
            f"{call}(): {name!r} is the name of an annotation already: depth='level' is another name, "
            "depth=None none"
        )


def _given(wanted: Wanted) -> dict[str, Any]:
    """What was said, for ``repr``."""
    usual = Wanted()
    given = wanted._asdict()
    if given["siblings"] == ():
        given.pop("siblings")
    return {name: value for name, value in given.items() if value is not getattr(usual, name)}


def _taken(query: Query) -> Clause:
    return Clause(None, query.params, query.expressions)


def _counted(query: Query, name: str, value: Walked, last_call: Any) -> Query:
    annotation = Annotation(value, TYPES[DEPTH], False, False, True)
    after = annotated(query.names.bare, name, annotation)
    step = Annotate(name, value, False, after)
    return query.narrowed(step, (), (), last_call, guarded(after, query.names.guard))


def _in_order(query: Query, model: type[Any], number: int, wanted: Wanted, last_call: Any) -> Query:
    first = Sort(Walked(number, wanted.order or DEPTH), False, None)
    own = tuple([Order(field.key, False) for field in key_of(mapper_of(query.model))])
    if wanted.order == PATH or not wanted.siblings:
        # The path leaves no two rows in either order: the key only tells so.
        return query.reordered(Clause((first, *own)), last_call)
    order = _sorted(query, query.model, wanted).ordering
    return query.reordered(order._replace(shape=(first, *_terms(order), *own)), last_call)


def _terms(order: Clause) -> tuple[Any, ...]:
    terms: Any = order.shape
    found: tuple[Any, ...] = terms
    return found


# Which way.


def relations_of(via: Any, call: str) -> tuple[str, ...]:
    relations = (via,) if isinstance(via, str) else via
    if not isinstance(relations, (list, tuple)) or not all(isinstance(each, str) for each in relations):
        raise UnsupportedOperationError(
            f"{call}(): via is the name of a relation, or a list of names, not {via!r}"
        )
    if not relations or not all(each.removeprefix(BACK) for each in relations):
        raise UnsupportedOperationError(f"{call}(): via names what is followed, and there is none")
    return tuple(dict.fromkeys(relations))


def _model_of(query: Query, relations: Iterable[str], call: str) -> type[Any]:
    """The class whose rows are gone through: the model, or the nearest above it to which relations lead."""
    plain = guarded(names(query.model, query.names.zone), query.names.guard)
    paths = [relation_named(plain, each.removeprefix(BACK), call) for each in relations]
    for path in paths:
        if any(hop.relation is None for hop in path.named):
            raise UnsupportedOperationError(
                f"{call}(via={path.name!r}): a subclass is no relation, and nothing can be followed into it"
            )
    for mapper in mapper_of(query.model).iterate_to_root():
        if all(_leads_back(path, mapper) for path in paths):
            model: type[Any] = mapper.class_
            return model
    astray = next((path for path in paths if not path.mapper.isa(mapper_of(query.model))), paths[0])
    raise UnsupportedOperationError(
        f"{call}(via={astray.name!r}): {astray} leads to {astray.mapper.class_.__name__}, and not back to "
        f"{query.model.__name__}, so it cannot be followed again"
    )


def _leads_back(path: Path, mapper: Any) -> bool:
    return path.mapper.isa(mapper) and hop_of(mapper, path.named[0].key) is not None


def _ways(
    query: Query, model: type[Any], relations: Iterable[str], through: Any, call: str
) -> tuple[tuple[Way, ...], list[Clause]]:
    """The steps, with what is wanted of the rows that each comes to."""
    ways: list[Way] = []
    read: list[Clause] = []
    conditioned = through is not None
    for relation in relations:
        root = passage_of(model, relation, conditioned).root
        rows = whole(root.class_, query.names.zone)
        if conditioned:
            rows = rows.evolve(names=guarded(rows.names, query.names.guard))
            rows = _narrowed(rows, through, call)
        if rows.never:
            # It leads nowhere.
            continue
        ways.append(Way(relation, rows.shape, conditioned))
        read.append(_taken(rows))
    return tuple(ways), read


def _narrowed(rows: Query, through: Any, call: str) -> Query:
    if isinstance(through, Mapping):
        narrowed = filtered(rows, (), through)
    elif is_queryset(through) or isinstance(through, (str, bytes, list, tuple)):
        raise UnsupportedOperationError(
            f"{call}(): through is a condition, Q(…), an expression or a dict of lookups, not {through!r}"
        )
    else:
        narrowed = filtered(rows, (through,), {})
    _check_alone(narrowed, call)
    if any(_crosses(rows, step) for step in narrowed.steps):
        # A row of which several related ones are as it is wanted counts once.
        free = rows.evolve(names=rows.names.bare)
        narrowed = filtered_by_key(free, Members(narrowed), "__in")
    return narrowed


def _crosses(rows: Query, shape: Any) -> bool:
    """Whether a condition speaks of rows that may be several for one."""
    return any(lookup_path(rows.names.bare, path)[0].crosses_to_many for path in paths_in(shape))


# Where it begins.


def _roots(query: Query, model: type[Any], of: Any, call: str) -> Query:
    roots = _rows_of(whole(model, query.names.zone), model, of, call)
    _check_alone(roots, call)
    return roots


def _check_alone(rows: Query, call: str) -> None:
    if outer_of(rows.shape):
        raise UnsupportedOperationError(
            f"{call}(): a recursion is asked once and not for each row around, so of= and through= have no "
            "OuterRef(): begin with all rows that are meant, and filter(pk=OuterRef(…)) what is found"
        )


def _rows_of(rows: Query, model: type[Any], of: Any, call: str) -> Query:
    if is_queryset(of):
        return _among(rows, of, call)
    width = len(key_of(mapper_of(model)))
    if _is_one(of, width):
        return _of_keys(rows, _key(of, model, call), "", call)
    if isinstance(of, Mapping) or not isinstance(of, Iterable):
        return _of_keys(rows, _key(of, model, call), "", call)
    return _of_keys(rows, [_key(each, model, call) for each in of], "__in", call)


def _is_one(of: Any, width: int) -> bool:
    """Whether this is one object or key, and no list of them."""
    if isinstance(of, (str, bytes, bytearray)) or isinstance(inspect(of, raiseerr=False), InstanceState):
        return True
    return width > 1 and isinstance(of, tuple)


def _among(rows: Query, queryset: Any, call: str) -> Query:
    query: Query = queryset._query
    _check_alone(query, call)
    mine, other = mapper_of(rows.model), mapper_of(query.model)
    if query.frame.projection is None and not (other.isa(mine) or mine.isa(other)):
        raise UnsupportedOperationError(
            f"{call}(): of is a queryset of {rows.model.__name__}, or of keys of it, not {query!r}"
        )
    return _of_keys(rows, queryset, "__in", call)


def _of_keys(rows: Query, keys: Any, lookup: str, call: str) -> Query:
    try:
        return filtered_by_key(rows, keys, lookup)
    except InvalidLookupValueError as error:
        raise InvalidLookupValueError(f"{call}(): of is no key of {rows.model.__name__}: {error}") from None


def _key(value: Any, model: type[Any], call: str) -> Any:
    """A key, or the object that has it. Raises UnsupportedOperationError for what has none."""
    name = model.__name__
    if value is None:
        raise UnsupportedOperationError(
            f"{call}(): of is None, and None is no {name}: of the roots of all trees, give a queryset of them"
        )
    state: Any = inspect(value, raiseerr=False)
    if not isinstance(state, InstanceState):
        if isinstance(value, type):
            raise UnsupportedOperationError(f"{call}(): of is an object of {name}, or a key, not {value!r}")
        parts = value if isinstance(value, (list, tuple)) else (value,)
        if any(is_expression(each) and not isinstance(each, OuterRef) for each in parts):
            raise UnsupportedOperationError(
                f"{call}(): of is an object of {name}, or a key, and no expression, {value!r}: a queryset, "
                "filter(…), chooses the rows by one"
            )
        return value
    if not state.mapper.isa(mapper_of(model)):
        raise UnsupportedOperationError(
            f"{call}(): of is an object of {name}, not of {state.class_.__name__}"
        )
    fields = key_of(mapper_of(model))
    if state.identity is None and any(state.dict.get(field.key) is None for field in fields):
        raise UnsupportedOperationError(
            f"{call}(): this {state.class_.__name__} has no key yet: flush the session first"
        )
    return value


def _most(most: Any, call: str) -> int | None:
    if most is not None:
        check_number(call, "max_depth", most, least=0)
    return None if most is None else min(int(most), 2**31 - 1)


# In which order.


def _siblings(query: Query, model: type[Any], wanted: Wanted, call: str) -> Query | None:
    """The order of rows beside each other, where one is asked for. Raises UnsupportedOperationError."""
    if wanted.order not in _ORDERS:
        raise UnsupportedOperationError(f"{call}(): order is 'depth' or 'path', not {wanted.order!r}")
    if wanted.order is None:
        if wanted.siblings != ():
            raise UnsupportedOperationError(
                f"{call}(): siblings say the order within order='depth' or 'path'; order_by() says any other"
            )
        return None
    found = _sorted(query, model, wanted)
    for path in _paths_of(found.ordering):
        if lookup_path(found.names.bare, path)[0].crosses_to_many:
            raise UnsupportedOperationError(
                f"{call}(): {path!r} leads to several rows, and siblings are ordered by one value of each"
            )
    return found if wanted.order == PATH else None


def _paths_of(order: Clause) -> Iterable[str]:
    return paths_in(order.shape)


def _sorted(query: Query, model: type[Any], wanted: Wanted) -> Query:
    siblings = wanted.siblings
    terms = tuple(siblings) if isinstance(siblings, (list, tuple)) else (siblings,)
    rows = whole(model, query.names.zone)
    rows = rows.evolve(names=guarded(rows.names, query.names.guard))
    if terms:
        return ordered(rows, terms)
    key = tuple([field.key for field in key_of(mapper_of(model))])
    return ordered(rows.evolve(names=rows.names.bare), key)
