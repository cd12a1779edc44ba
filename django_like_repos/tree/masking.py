"""Which columns of the models of a query are loaded: those of its own, and those that fill them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Mapper

from django_like_repos.joins.loads import Loaded, Masks
from django_like_repos.joins.tree import Node
from django_like_repos.mapping.fields import Kept, Place, kept_of, place_of
from django_like_repos.mapping.models import Hop
from django_like_repos.query.shapes import Fields


def masks_of(fields: Fields, root: Node, mapper: Mapper[Any], loads: Sequence[Sequence[Loaded]]) -> Masks:
    """Of each node that fills a model what is loaded of it, where that is not all."""
    models: dict[Place, tuple[Node, Mapper[Any]]] = {(): (root, mapper)}
    loaded: dict[Place, list[Hop]] = {}
    for chain in loads:
        for depth, (relation, node) in enumerate(chain):
            place = place_of(each.relation for each in chain[:depth])
            loaded.setdefault(place, []).append(relation)
            models[place_of(each.relation for each in chain[: depth + 1])] = (node, relation.target)
    masks: dict[Node, Kept] = {}
    for place, (node, of) in models.items():
        kept = kept_of(fields, place, of, loaded.get(place, ()))
        if kept is not None:
            masks[node] = kept
    return masks
