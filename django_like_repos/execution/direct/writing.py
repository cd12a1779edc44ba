"""UPDATE and DELETE by the direct path, where the session holds nothing that would have to know of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, bindparam, inspect
from sqlalchemy.orm import Session

from django_like_repos.caching import is_large
from django_like_repos.constructs.params import emptied
from django_like_repos.execution.direct import sending
from django_like_repos.execution.direct.clearance import is_clear
from django_like_repos.plans import Run
from django_like_repos.statements.assignments import Computed

_SET: Final = "dlr_set_"
"""What names the parameters of SET, which no column may share."""

_SETS: Final = "sets"
"""Under which a statement's memory has those that are complete with a SET."""
MOST: Final = 64
"""How many it has."""

_UNSYNCHRONIZED: Final = {"synchronize_session": False}


def written_by(
    session: Session,
    run: Run,
    params: Mapping[str, Any],
    values: Mapping[str, Any],
    options: Mapping[str, Any],
    commits: bool = False,
) -> Sequence[Any] | None:
    """The rows that a statement returns of what it writes; None where SQLAlchemy has to execute it.

    ``values`` are what an UPDATE sets. ``commits``: whether the session is committed next.
    """
    if run.known is None or not is_clear(session, options):
        return None
    # What is added is in the session's map after it.
    session._autoflush()
    if len(session.identity_map):
        return None
    if any(value is None for value in values.values()):
        # Which is not the same to each type.
        return None
    complete, given = _complete_by(run, values, params)
    if complete is None:
        return None
    # What is pending without autoflush is sent by the commit.
    commits = commits and not (session._new or session._deleted)
    found = sending.read(session, complete, given, options, commits)
    if found is not None:
        return found.rows
    result = session.execute(complete.statement, given, execution_options=_UNSYNCHRONIZED)
    sending.learn(session, complete, given, options, result)
    return result.all()


def _complete_by(
    run: Run, values: Mapping[str, Any], params: Mapping[str, Any]
) -> tuple[Run | None, Mapping[str, Any]]:
    """A statement whose SET takes params, and all params; None where SQLAlchemy sets more than it is told.

    Of SQL that is set, the values that it holds are params.
    """
    assert run.known is not None
    given = dict(params)
    shape: list[Any] = []
    said: dict[str, _Said] = {}
    for name, value in values.items():
        if type(value) is Computed:
            said[name] = _Said(value.template.sql, value.template.names, value.values)
            shape.append((name, value.template))
        elif not _is_said(value):
            given[_SET + name] = value
            shape.append(name)
        else:
            key = value._generate_cache_key() if isinstance(value, ColumnElement) else None
            if key is None or is_large(key.key):
                return None, given
            binds = key.bindparams
            said[name] = _Said(value, [bind.key for bind in binds], [bind.effective_value for bind in binds])
            shape.append((name, key.key))
    for name, each in said.items():
        given.update([(_param(name, at), value) for at, value in enumerate(each.values)])
    sets: dict[Any, Run | None] = run.known.setdefault(_SETS, {})
    key_of_set = tuple(shape)
    if key_of_set not in sets:
        if len(sets) >= MOST:
            sets.clear()
        sets[key_of_set] = _complete(run.statement, values, said)
    return sets[key_of_set], given


class _Said(NamedTuple):
    """SQL that is set, and the values of its params."""

    sql: Any
    names: Sequence[str]
    values: Sequence[Any]


def _param(name: str, at: int) -> str:
    return f"{_SET}{name}_{at}"


def _is_said(value: object) -> bool:
    """Whether a value is SQL."""
    return hasattr(value, "__clause_element__") or hasattr(value, "_compiler_dispatch")


def _complete(statement: Any, values: Mapping[str, Any], said: Mapping[str, _Said]) -> Run | None:
    if not values:
        return Run(statement, {})
    mapper: Any = inspect(statement.entity_description["entity"]).mapper
    if any(name not in mapper.column_attrs for name in values):
        return None
    types = {name: mapper.column_attrs[name].columns[0].type for name in values}
    params: dict[str, Any] = {
        name: bindparam(_SET + name, type_=types[name]) for name in values if name not in said
    }
    for name, each in said.items():
        params[name] = emptied(each.sql, {old: _param(name, at) for at, old in enumerate(each.names)})
    return Run(statement.values({name: params[name] for name in values}), {})
