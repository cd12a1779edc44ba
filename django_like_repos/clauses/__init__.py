"""The clauses of a chain: a file a clause, a function a call, from a query to a new query.

Every input is checked here, on the line that wrote it. ``QuerySet`` and ``QueryBuilder`` both say what they
are told through these.
"""

from django_like_repos.clauses.annotating import annotate
from django_like_repos.clauses.checks import check_deleted, check_whole
from django_like_repos.clauses.dates import dated
from django_like_repos.clauses.deferring import deferred, loaded_with, only
from django_like_repos.clauses.distinct import made_distinct
from django_like_repos.clauses.fetch_mode import in_fetch_mode
from django_like_repos.clauses.filtering import (
    complex_filtered,
    containing,
    emptied,
    excluded,
    filtered,
    looked_up,
    strict,
    unsliced,
    whole,
)
from django_like_repos.clauses.in_bulk import bulk_field, in_bulk
from django_like_repos.clauses.into import made_into, with_fields
from django_like_repos.clauses.joining import joined
from django_like_repos.clauses.load_for import gives_models, loaded_for
from django_like_repos.clauses.locking import check_waits, is_lockable, locked, unlocked
from django_like_repos.clauses.options import optioned, with_execution_options
from django_like_repos.clauses.ordering import keyed, latest_by, ordered, turned_round
from django_like_repos.clauses.prefetching import base_of, parted, prefetched
from django_like_repos.clauses.projecting import projected
from django_like_repos.clauses.related import related
from django_like_repos.clauses.returning import merged, returned, to_be_updated
from django_like_repos.clauses.slicing import indexed, sliced
from django_like_repos.clauses.using import checked_place, using
from django_like_repos.clauses.writing import checked_form, writing

__all__ = [
    "annotate",
    "base_of",
    "bulk_field",
    "check_deleted",
    "check_waits",
    "check_whole",
    "checked_form",
    "checked_place",
    "complex_filtered",
    "containing",
    "dated",
    "deferred",
    "emptied",
    "excluded",
    "filtered",
    "gives_models",
    "in_bulk",
    "in_fetch_mode",
    "indexed",
    "is_lockable",
    "joined",
    "keyed",
    "latest_by",
    "loaded_for",
    "loaded_with",
    "locked",
    "looked_up",
    "made_distinct",
    "made_into",
    "merged",
    "only",
    "optioned",
    "ordered",
    "parted",
    "prefetched",
    "projected",
    "related",
    "returned",
    "sliced",
    "strict",
    "to_be_updated",
    "turned_round",
    "unlocked",
    "unsliced",
    "using",
    "whole",
    "with_execution_options",
    "with_fields",
    "writing",
]
