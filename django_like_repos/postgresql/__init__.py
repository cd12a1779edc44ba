"""What ``Database`` sets up on PostgreSQL's engines, and on connections of asyncpg: a module each."""

from typing import Final

from sqlalchemy import Engine, event

from django_like_repos.postgresql import failures, fitness, moments
from django_like_repos.postgresql.fitness import refusals_of
from django_like_repos.postgresql.settings import Pooler, with_defaults

__all__ = ["Pooler", "refusals_of", "set_up", "with_defaults"]

_DRIVER: Final = "asyncpg"


def set_up(engine: Engine) -> None:
    """Sets up an engine, and each of its connections when it is used next. Twice does no harm."""
    if engine.dialect.driver != _DRIVER or event.contains(engine, "checkout", moments.set_up):
        return
    failures.translate_all(engine.dialect)
    # First of all, since the others ask the connection.
    event.listen(engine, "checkout", fitness.check)
    event.listen(engine, "checkin", fitness.remember)
    event.listen(engine, "checkout", moments.set_up)
    event.listen(engine, "handle_error", failures.tell)
