"""Writing: UPDATE and DELETE, and the objects in the session that know what was written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from django_like_repos import plans
from django_like_repos.execution import objects
from django_like_repos.execution.actions import (
    perform,
    rowcount_of,
    written_keys,
    written_rows,
)
from django_like_repos.execution.gone import forgetting
from django_like_repos.execution.moved import moving
from django_like_repos.execution.sessions import WRITES
from django_like_repos.execution.shards import refuse_shards
from django_like_repos.execution.views import changes_of, refuse_view
from django_like_repos.execution.written import with_rowcount
from django_like_repos.mapping.inheritance import is_deleted_at_once, is_updated_at_once, shares_of
from django_like_repos.mapping.models import key_of, mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.assignments import built

if TYPE_CHECKING:
    from django_like_repos.execution.written import Written

_AT_ONCE: Final = {"synchronize_session": "fetch", "prebuffer_rows": True}


def delete(
    session: Session, query: Query, keys: list[Any] | None = None, *, by_orm: bool = False
) -> "Written":
    """Deletes the rows of a query; the keys of those that were go into ``keys``.

    ``by_orm``: as objects, which SQLAlchemy loads, with what the mapping has cascade.
    """
    mapper = mapper_of(query.model)
    found = [] if keys is None else keys
    # Nobody asks for the keys where the session holds nothing.
    told = found if keys is not None or len(session.identity_map) else None
    with forgetting(session, query, mapper, found):
        if by_orm:
            return _write(session, plans.DELETE_OBJECTS, query, {}, at_once=False, keys=told)
        if is_deleted_at_once(mapper):
            return _write(session, plans.DELETE, query, {}, at_once=True, keys=told)
        with read_again(session, query):
            return _write(session, plans.DELETE, query, {}, at_once=False, keys=told)


def update(
    session: Session, query: Query, values: Mapping[str, Any], keys: list[Any] | None = None
) -> "Written":
    """Sets values in the rows of a query, and in the objects loaded from them.

    The keys of the rows that were written go into ``keys``.
    """
    mapper = mapper_of(query.model)
    at_once = is_updated_at_once(mapper, values)
    if not at_once:
        # Before anything is locked: what no table takes is refused.
        shares_of(mapper, values)
    kind = plans.UPDATE if at_once else plans.UPDATE_BY_KEY
    found = [] if keys is None else keys
    makes_models = query.returning is not None and query.returning.model
    if at_once and keys is None and not makes_models and _holds_nothing(session):
        return _write(session, kind, query, values, at_once=True, keys=None)
    values = built(values)
    own = not {field.key for field in key_of(mapper)}.isdisjoint(values)
    told = found if own or keys is not None else None
    with read_again(session, query):
        # Models that come back would be others, under the new keys.
        moves = own and makes_models
        asked = query.evolve(returning=None) if moves else query
        with moving(session, query, values, found):
            result = _write(session, kind, asked, values, at_once=at_once, keys=told)
        if moves:
            result = with_rowcount(written_rows(query, [*_models(session, query, found)]), result.rowcount)
        if makes_models:
            # Read now, so that the objects are what is stored, whether the caller looks at them or not.
            result = with_rowcount(written_rows(query, result.all()), result.rowcount)
        elif at_once and not query.never:
            # What is loaded is what is stored, which a type or a trigger may have made of it.
            told_by_rows = told is not None and query.returning is None
            known = found if told_by_rows else written_keys(result, mapper)
            objects.expire_rows(session, mapper, known, values)
        objects.expire_computed(session, mapper)
        objects.expire_unset(session, mapper, [key for key in values if key in mapper.column_attrs])
    for relation in objects.moved(mapper, values):
        objects.point_anew(session, mapper, relation)
    return result


def _holds_nothing(session: Session) -> bool:
    """Whether there is no object that would have to know what is written, and none that a flush will add."""
    return not (len(session.identity_map) or session._new)


def _models(session: Session, query: Query, keys: list[Any]) -> Iterator[tuple[Any]]:
    """The models of keys, one a row."""
    for chunk in objects.chunks(keys):
        statement = select(query.model).where(objects.key_column(query.model).in_(chunk))
        found = session.execute(statement, execution_options=query.execution_options)
        yield from ((model,) for model in found.unique().scalars())


@contextmanager
def read_again(session: Session, query: Query) -> Iterator[None]:
    """Work after which what it expired in objects is loaded again."""
    mapper = mapper_of(query.model)
    states = session.identity_map.all_states()
    before = {state: set(state.expired_attributes) for state in states if state.expired_attributes}
    yield
    stale = {
        state: state.expired_attributes - before.get(state, set())
        for state in session.identity_map.all_states()
        if state.expired_attributes and state.mapper.isa(mapper)
    }
    objects.reload(session, query, {state: keys for state, keys in stale.items() if keys}, before)


def _write(
    session: Session,
    kind: str,
    query: Query,
    values: Mapping[str, Any],
    *,
    at_once: bool,
    keys: list[Any] | None,
) -> "Written":
    result = _written(session, kind, query, values, at_once=at_once, tells_keys=keys is not None)
    if keys is None or query.never:
        return result
    if query.returning is None:
        rows = result.all()
        keys += map(objects.key_in, rows)
        return with_rowcount(written_rows(query, rows), result.rowcount)
    keys += (written_keys(result, mapper_of(query.model)) if at_once else result.of_keys) or ()
    return result


def _written(
    session: Session,
    kind: str,
    query: Query,
    values: Mapping[str, Any],
    *,
    at_once: bool,
    tells_keys: bool,
) -> "Written":
    if query.never:
        return with_rowcount(written_rows(query, ()), 0)
    returning, asked = query.settings.returning, query.settings.execution_options
    options: dict[str, Any] = {**(_AT_ONCE if at_once else {}), **asked}
    if returning is not None and returning.model and kind == plans.UPDATE:
        # What comes back is the new row, also for objects that are loaded already.
        options.setdefault("populate_existing", True)
    counts = returning is not None and returning.counted
    if counts:
        refuse_shards(session, "returning(None)")
    changes = changes_of(session, query.model) if at_once else None
    said = plans.in_form(kind, query.settings.writes or session.info.get(WRITES))
    result: Written = perform(session, said, query, values=values, options=options, tells_keys=tells_keys)
    if not at_once:
        return result
    counted = rowcount_of(result)
    if counts:
        told = written_keys(result, mapper_of(query.model))
        result = with_rowcount(written_rows(query, ()), counted)
        result.of_keys = told or []
    elif counted >= 0:
        result = with_rowcount(result, counted)
    else:
        rows = result.all()
        result = with_rowcount(written_rows(query, rows), len(rows))
    if changes is not None and result.rowcount > 0 and changes == changes_of(session, query.model):
        refuse_view(session, query.model, kind)
    return result
