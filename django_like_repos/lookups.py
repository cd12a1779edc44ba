"""Lookups as expressions, under the names of ``django.db.models.lookups``.

``GreaterThan(F("pages"), 100)`` is whether the condition holds: in ``filter()``, ``When()``, ``annotate()``
and ``order_by()``, joined by ``&``, ``|`` and ``^``, turned round by ``~``. The left side is an expression,
the right side what the lookup takes as the value of a keyword; what a lookup means depends on the type of the
left side, as it does for keywords.
"""

from django_like_repos.language.lookups.comparison import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    NotEqual,
)
from django_like_repos.language.lookups.documents import ContainedBy, HasAnyKeys, HasKey, HasKeys
from django_like_repos.language.lookups.membership import In, IsNull, NotIn, Range
from django_like_repos.language.lookups.text import (
    Contains,
    EndsWith,
    IContains,
    IEndsWith,
    IExact,
    ILike,
    IRegex,
    IStartsWith,
    Like,
    Regex,
    StartsWith,
)

__all__ = [
    "ContainedBy",
    "Contains",
    "EndsWith",
    "Exact",
    "GreaterThan",
    "GreaterThanOrEqual",
    "HasAnyKeys",
    "HasKey",
    "HasKeys",
    "IContains",
    "IEndsWith",
    "IExact",
    "ILike",
    "IRegex",
    "IStartsWith",
    "In",
    "IsNull",
    "LessThan",
    "LessThanOrEqual",
    "Like",
    "NotEqual",
    "NotIn",
    "Range",
    "Regex",
    "StartsWith",
]
