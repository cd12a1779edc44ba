"""The packages that exports are made with: extras, imported when they are asked for."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django_like_repos.caching import cached
from django_like_repos.errors import UnsupportedOperationError


@cached(8)
def package(name: str, call: str, extra: str) -> Any:
    """A package. Raises UnsupportedOperationError, which names the extra, where it is not installed."""
    if find_spec(name) is None:
        raise UnsupportedOperationError(
            f"{call}() needs {name}, which is not installed: pip install 'django-like-repos[{extra}]'"
        )
    return import_module(name)


def arrow(call: str) -> Any:
    """pyarrow, and its functions. Raises UnsupportedOperationError where it is not installed."""
    found = package("pyarrow", call, "arrow")
    package("pyarrow.compute", call, "arrow")
    return found
