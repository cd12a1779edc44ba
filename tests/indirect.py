"""The tests with every model made by SQLAlchemy: ``pytest -p tests.indirect``.

Those that look which way models were made are left out.
"""

import pytest

from django_like_repos.execution.models import Loading


def pytest_configure() -> None:
    Loading.models = property(lambda _: None)  # type: ignore[method-assign, assignment]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    looking = [item for item in items if "ways" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=looking)
    items[:] = [item for item in items if item not in looking]
