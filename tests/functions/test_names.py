"""The public module of functions has all names that Django has, with Django's signatures."""

from inspect import Parameter, signature
from typing import Any

import pytest
from django.db.models import functions as of_django
from django.db.models.fields import json

from django_like_repos import Func, functions

OF_JSON = ("KT", "KeyTextTransform", "KeyTransform")
NAMES = sorted({*of_django.__all__, *OF_JSON})


def test_every_name_of_django() -> None:
    assert sorted(functions.__all__) == NAMES


def _parameters(function: Any) -> list[tuple[str, Any, bool]]:
    """Names and kinds, and whether there is a default; what is its own is the same wherever it is said."""
    return [
        (each.name, each.kind, each.default is Parameter.empty)
        for each in signature(function.__init__).parameters.values()
        if each.kind is not Parameter.VAR_KEYWORD and each.name not in ("self", "output_field")
    ]


@pytest.mark.parametrize("name", of_django.__all__)
def test_the_signature_is_that_of_django(name: str) -> None:
    assert issubclass(getattr(functions, name), Func)
    assert _parameters(getattr(functions, name)) == _parameters(getattr(of_django, name))


@pytest.mark.parametrize("name", NAMES)
def test_the_name_in_paths_is_that_of_django(name: str) -> None:
    ours = getattr(functions, name)
    theirs = getattr(json if name in OF_JSON else of_django, name)
    assert ours.lookup_name == getattr(theirs, "lookup_name", None)
