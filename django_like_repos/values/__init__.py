"""Values on their way into a query: what each column type takes, and what it refuses.

Coercion happens when the chain is written, so that a wrong value fails on its own line and both databases
are asked the same. There is a file for each family of types; ``coercions`` finds the family of a type,
``comparison`` says as what the value is bound then.
"""

from django_like_repos.values.coercions import coercion_of
from django_like_repos.values.comparison import comparison_type, has_equality
from django_like_repos.values.decorated import compared_as, kept_in_objects, read_back, type_beside
from django_like_repos.values.held import unheld
from django_like_repos.values.numbers import LARGEST_INTEGER, SMALLEST_INTEGER, Between, Beyond, bits_of
from django_like_repos.values.plain import all_plain, never_plain, plain_check
from django_like_repos.values.refusal import Coercion, Refused, shown

__all__ = [
    "LARGEST_INTEGER",
    "SMALLEST_INTEGER",
    "Between",
    "Beyond",
    "Coercion",
    "Refused",
    "all_plain",
    "bits_of",
    "coercion_of",
    "compared_as",
    "comparison_type",
    "has_equality",
    "kept_in_objects",
    "never_plain",
    "plain_check",
    "read_back",
    "shown",
    "type_beside",
    "unheld",
]
