"""What a ``FilterSet`` has declared, ready to be asked: a frozen value, made when the class is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django_like_repos.contrib.filters.declarations import Declaration, Source
from django_like_repos.contrib.filters.ground import Bounds


class Written(NamedTuple):
    """A parameter as it was written, before it is known on which ground it stands."""

    declaration: Declaration
    annotation: Any = None
    """What was written as its type; None if nothing was."""
    default: Any = None
    required: bool = False
    info: Mapping[str, Any] = {}
    """What was said of it by ``Field()``."""
    under: str = ""
    """The path of relations along which it is nested."""
    group: str | None = None
    """Those of one group speak of one related row."""
    called: str | None = None
    """Under which a client sends it, where neither ``info`` nor its attribute says so."""
    bounds: Bounds | None = None
    """Those of the ``FilterSet`` that is nested."""
    brought_by: str | None = None
    """The name of the ``Nested`` that brought it."""


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter that a client may send."""

    name: str
    """Under which a client sends it."""
    attribute: str
    """Under which a ``FilterSet`` has its value."""
    source: Source
    default: Any
    """What it is where it is not sent; None where it is nothing then."""
    required: bool
    """Whether it must be sent."""
    description: str | None
    examples: tuple[Any, ...]
    group: str | None
    said: Mapping[str, Any]
    """What else ``Field()`` says of it for OpenAPI."""


@dataclass(frozen=True, eq=False)
class Declared:
    """All that a client may ask of a model."""

    model: type[Any]
    bounds: Bounds
    written: Mapping[str, Written]
    """By attribute."""
    parameters: Mapping[str, Parameter]
    """By attribute."""
