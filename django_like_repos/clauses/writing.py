"""``writing()``."""

from django_like_repos.clauses.checks import NO_KEYWORDS
from django_like_repos.errors import UnsupportedOperationError
from django_like_repos.query import Query
from django_like_repos.query.writes import FORMS


def writing(query: Query, form: object) -> Query:
    """``writing()``. Raises UnsupportedOperationError for a form that does not exist."""
    call = (query.last_call, "writing", (form,), NO_KEYWORDS)
    return query.evolve(writes=checked_form(form), last_call=call)


def checked_form(form: object, what: str = "writing()") -> str:
    """The form. Raises UnsupportedOperationError for what is none."""
    if not isinstance(form, str) or form not in FORMS:
        raise UnsupportedOperationError(f"{what} takes {' or '.join(map(repr, FORMS))}, not {form!r}")
    return form
