"""Rows changed as objects, by SQLAlchemy's own flush: what the mapping does there is done."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified, instance_state

from django_like_repos.clauses.bulk_updating import Changes, version_of
from django_like_repos.execution import objects, single
from django_like_repos.execution.bulk.changed import Taken, give_back
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.bulk_update import Said


def flush_changes(session: Session, query: Query, changes: Changes, taken: Iterable[Taken]) -> None:
    """Sets what rows that are there are set to, on the objects of a session, and flushes them.

    ``taken`` is what was taken from the flush.
    """
    version = version_of(mapper_of(query.model))
    keys = [*map(objects.key_in, changes.keys)]
    places = {key: at for at, key in enumerate(changes.keys)}
    there = [each for each in taken if each.state.identity in places]
    give_back(there)
    for chunk in objects.chunks(keys):
        statement = select(query.model).where(objects.key_column(query.model).in_(chunk))
        with session.no_autoflush:
            found = session.scalars(statement, execution_options=query.execution_options).unique().all()
        for obj in found:
            state = instance_state(obj)
            at = places[tuple(state.identity or ())]
            for name, column in changes.columns.items():
                value = column[at]
                if name in state.dict and name != version:
                    # Written also where it is what the object has: the row may have changed meanwhile.
                    flag_modified(obj, name)
                setattr(obj, name, value.whole() if isinstance(value, Said) else value)
        single.flush(session, query)
