"""``innerjoin()`` and ``outerjoin()``."""

from django_like_repos.clauses.checks import NO_KEYWORDS, refuse_sliced, relation_named
from django_like_repos.clauses.combining import refuse_combined
from django_like_repos.query import Join, Query


def joined(query: Query, paths: tuple[str, ...], *, outer: bool) -> Query:
    """``innerjoin()`` and ``outerjoin()``: the last word on a path counts."""
    name = "outerjoin" if outer else "innerjoin"
    refuse_sliced(query, name)
    refuse_combined(query, name)
    for path in paths:
        relation_named(query.names, path, name)
    kept = tuple([join for join in query.frame.joins if join.path not in paths])
    joins = (*kept, *[Join(path, outer) for path in dict.fromkeys(paths)])
    return query.reframed((query.last_call, name, paths, NO_KEYWORDS), joins=joins)
