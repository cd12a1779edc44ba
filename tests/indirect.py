"""The tests with every statement executed, and every model made, by SQLAlchemy: ``pytest -p tests.indirect``.

Those that look which way models were made, or statements went, are left out.
"""

from unittest.mock import patch

import pytest

from django_like_repos.execution import actions
from django_like_repos.execution.direct import sending
from django_like_repos.execution.models import Loading
from tests.routes import looks


def pytest_configure(config: pytest.Config) -> None:
    Loading.models = property(lambda _: None)  # type: ignore[method-assign, assignment]
    for owner, name in ((sending, "read"), (actions, "written_by")):
        patched = patch.object(owner, name, lambda *_: None)
        patched.start()
        config.add_cleanup(patched.stop)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    looking = [item for item in items if looks(item)]
    config.hook.pytest_deselected(items=looking)
    items[:] = [item for item in items if item not in looking]
