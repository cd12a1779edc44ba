"""Replicas: servers that follow the primary of a ``Database``, and what is read from them."""

from django_like_repos.replicas.declared import Replicas
from django_like_repos.replicas.fleet import Fleet
from django_like_repos.replicas.positions import Followed, position_of, text_of
from django_like_repos.replicas.replica import Replica
from django_like_repos.replicas.routing import RoutedSession

__all__ = ["Fleet", "Followed", "Replica", "Replicas", "RoutedSession", "position_of", "text_of"]
