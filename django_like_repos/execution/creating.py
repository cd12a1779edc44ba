"""Finding or else creating a model, safely beside other transactions that do the same."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from django_like_repos.clauses.instances import instance, resolved
from django_like_repos.execution import objects
from django_like_repos.execution.reading import only
from django_like_repos.mapping.models import mapper_of
from django_like_repos.query import Query
from django_like_repos.statements.assignments import assigned

Values = Mapping[str, Any] | None


def get_or_create(
    session: Session, query: Query, attributes: Mapping[str, Any], defaults: Values
) -> tuple[Any, bool]:
    """The only model of a query, or a new one of attributes and defaults; whether it is new."""
    found = only(session, query)
    if found is not None:
        return found, False
    # What is pending is the caller's, and so is what is wrong with it.
    session.flush()
    try:
        with objects.savepoint(session, mapper_of(query.model)):
            # Made only now: an instance that knows related ones belongs to the session at once, and beginning
            # a savepoint flushes.
            model = instance(query.model, {**attributes, **resolved(query.model, defaults)})
            session.add(model)
    except IntegrityError:
        # Another transaction may have been first; if it was not that, the error is the caller's.
        found = only(session, query)
        if found is None:
            raise
        return found, False
    return model, True


def update_or_create(
    session: Session, query: Query, attributes: Mapping[str, Any], defaults: Values, changes: Values
) -> tuple[Any, bool]:
    """The only model of a query, changed, or a new one of attributes and defaults; whether it is new."""
    model, created = get_or_create(session, query, attributes, defaults)
    if not created:
        session.flush()
        with objects.savepoint(session, mapper_of(query.model)):
            for name, value in resolved(query.model, changes).items():
                setattr(model, name, assigned(query.names, name, value))
        objects.refresh(session, inspect(model))
    return model, created
