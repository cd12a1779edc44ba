"""Functions of PostgreSQL, under the names of ``django.contrib.postgres.functions``."""

from typing import Any, Final

from sqlalchemy import Uuid, literal_column

from django_like_repos.contrib.postgres.only import PostgresOnly, function
from django_like_repos.language.inference import AWARE
from django_like_repos.language.meanings import means
from django_like_repos.query import Func
from django_like_repos.query.shapes import Call

_UUID: Final[Uuid[Any]] = Uuid()


class RandomUUID(Func):
    """A new UUID, of version 4, for each row."""

    arity = 0
    volatile = True


class TransactionNow(Func):
    """The moment at which the transaction began; ``Now`` is that of the statement."""

    arity = 0


@means(RandomUUID, gives=_UUID)
def _random_uuid(call: Call) -> Any:
    return function("RandomUUID()", "gen_random_uuid", type_=_UUID)


@means(TransactionNow, gives=AWARE)
def _transaction_now(call: Call) -> Any:
    return PostgresOnly("TransactionNow()", literal_column("CURRENT_TIMESTAMP", AWARE))
