"""Transactions at once on PostgreSQL: each row is written only while it still meets the whole condition.

In every test a first transaction changes rows, a second one meets its locks and waits, and then the first
commits. The second must look at what the rows have become.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from django_like_repos import Database, F, Q, QuerySet
from tests.writes.models import Job, Seat, Step
from tests.writes.racing import started, two_sessions
from tests.writes.repositories import JobRepository, LabelRepository, QueueRepository, SeatRepository
from tests.writes.rows import IDLE, MAIL, PRINT

Chain = Callable[[QuerySet[Job]], QuerySet[Job]]


@pytest.fixture
def backend() -> str:
    """Only here: SQLite has one writer at a time, and `test_sqlite_…` its own tests below."""
    return "postgresql"
