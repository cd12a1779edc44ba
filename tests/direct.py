"""The tests with each read by the direct path, also the first of its plan: ``pytest -p tests.direct``.

What is not learned yet is executed once beforehand, unrecorded, as SQLAlchemy does it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy.orm import Session

from django_like_repos.execution import actions
from django_like_repos.execution.direct import sending
from django_like_repos.execution.direct.clearance import is_clear, lets_pass
from django_like_repos.execution.models import Loading
from django_like_repos.plans import Run
from tests.recording import MUTED
from tests.routes import looks


def _is_to_be_learned(session: Session, run: Run, options: Mapping[str, Any]) -> bool:
    if run.known != {} or not is_clear(session, options):
        return False
    # Who listens would hear a statement that nobody has sent.
    return lets_pass(session.connection({"clause": run.statement}))


class LearnedLoading(Loading):
    """Models of a statement whose route was learned before."""

    def __init__(
        self, session: Session, run: Run, params: Mapping[str, Any], options: Mapping[str, Any]
    ) -> None:
        if _is_to_be_learned(session, run, options):
            MUTED.append(True)
            try:
                first = Loading(session, run, params, options)
                if first.models is None:
                    first.result.close()
            finally:
                MUTED.pop()
        super().__init__(session, run, params, options)


def values_of(
    session: Session, run: Run, params: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterable[Sequence[Any]]:
    if _is_to_be_learned(session, run, options):
        MUTED.append(True)
        try:
            list(sending.values_of(session, run, params, options))
        finally:
            MUTED.pop()
    return sending.values_of(session, run, params, options)


def pytest_configure(config: pytest.Config) -> None:
    for name, other in (("Loading", LearnedLoading), ("values_of", values_of)):
        patched = patch.object(actions, name, other)
        patched.start()
        config.add_cleanup(patched.stop)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    looking = [item for item in items if looks(item)]
    config.hook.pytest_deselected(items=looking)
    items[:] = [item for item in items if item not in looking]
