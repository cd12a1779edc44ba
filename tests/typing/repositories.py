"""Repositories and querysets as an application writes them, with types that are to be kept."""

from typing import Self

from django_like_repos import BaseRepository, QuerySet
from examples.help_center.models import Section


class SectionRepository(BaseRepository[Section]):
    """The querysets of the library itself."""


class SectionQuerySet(QuerySet[Section]):
    """A queryset with a method of its own."""

    def named(self, name: str) -> Self:
        return self.filter(name=name)


class OwnRepository(BaseRepository[Section, SectionQuerySet]):
    """A repository of those."""

    queryset_class = SectionQuerySet

    def get_queryset(self) -> SectionQuerySet:
        return super().get_queryset().exclude(name="")
