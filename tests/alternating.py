"""The tests with each read by the direct path or SQLAlchemy's, at random: ``pytest -p tests.alternating``."""

from random import Random
from typing import Any
from unittest.mock import patch

import pytest

from django_like_repos.execution.direct import sending
from tests import direct as learned


def pytest_configure(config: pytest.Config) -> None:
    learned.pytest_configure(config)
    read, coin = sending.read, Random(0)

    def some(*given: Any) -> sending.Found | None:
        return read(*given) if coin.random() < 0.5 else None

    patched = patch.object(sending, "read", some)
    patched.start()
    config.add_cleanup(patched.stop)


pytest_collection_modifyitems = learned.pytest_collection_modifyitems
