"""UPDATE and DELETE by the direct path, where the session holds nothing that would have to know of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, inspect
from sqlalchemy.orm import Session

from django_like_repos.execution.direct import sending
from django_like_repos.execution.direct.clearance import is_clear
from django_like_repos.plans import Run

_SET: Final = "dlr_set_"
"""What names the parameters of SET, which no column may share."""

_UNSYNCHRONIZED: Final = {"synchronize_session": False}


def written_by(
    session: Session,
    run: Run,
    params: Mapping[str, Any],
    values: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Sequence[Any] | None:
    """The rows that a statement returns of what it writes; None where SQLAlchemy has to execute it.

    ``values`` are what an UPDATE sets.
    """
    if run.known is None or not is_clear(session, options):
        return None
    # What is added is in the session's map after it.
    session._autoflush()
    if len(session.identity_map):
        return None
    names = tuple(values)
    if names not in run.known:
        run.known[names] = _complete(run.statement, values)
    complete: Run | None = run.known[names]
    if complete is None or any(_is_said(value) for value in values.values()):
        return None
    given = {**params, **{_SET + name: value for name, value in values.items()}}
    found = sending.read(session, complete, given, options)
    if found is not None:
        return found.rows
    result = session.execute(complete.statement, given, execution_options=_UNSYNCHRONIZED)
    sending.learn(session, complete, given, options, result)
    return result.all()


def _is_said(value: object) -> bool:
    """Whether a value is SQL, or is not the same to each type."""
    return value is None or hasattr(value, "__clause_element__") or hasattr(value, "_compiler_dispatch")


def _complete(statement: Any, values: Mapping[str, Any]) -> Run | None:
    """A statement whose SET takes params; None where SQLAlchemy sets more than it is told."""
    if not values:
        return Run(statement, {})
    mapper: Any = inspect(statement.entity_description["entity"]).mapper
    if any(name not in mapper.column_attrs for name in values):
        return None
    types = {name: mapper.column_attrs[name].columns[0].type for name in values}
    return Run(statement.values({name: bindparam(_SET + name, type_=types[name]) for name in values}), {})
