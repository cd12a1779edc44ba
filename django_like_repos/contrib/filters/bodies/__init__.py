"""Conditions and orders in the body of a request: plain data, of which only what a ``FilterSet`` declares."""

from django_like_repos.contrib.filters.bodies.bodies import Conditions as Conditions
from django_like_repos.contrib.filters.bodies.bodies import Sort as Sort
from django_like_repos.contrib.filters.bodies.bodies import Where as Where
