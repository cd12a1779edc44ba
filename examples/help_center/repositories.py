"""The help centre's repositories, and the five of them on one session."""

from sqlalchemy.ext.asyncio import AsyncSession

from django_like_repos import BaseRepository, QuerySet
from examples.help_center.models import ArticleContent, PublicationStatus, Section, Subsection, Widget


class PublicationStatusRepository(BaseRepository[PublicationStatus]):
    model_cls = PublicationStatus


class SectionRepository(BaseRepository[Section]):
    model_cls = Section

    @property
    def published(self) -> QuerySet[Section]:
        return self.objects.filter(status__code="published")


class SubsectionRepository(BaseRepository[Subsection]):
    model_cls = Subsection


class WidgetRepository(BaseRepository[Widget]):
    model_cls = Widget


class ArticleContentRepository(BaseRepository[ArticleContent]):
    model_cls = ArticleContent


class HelpCenter:
    def __init__(self, session: AsyncSession) -> None:
        self.statuses = PublicationStatusRepository(session)
        self.sections = SectionRepository(session)
        self.subsections = SubsectionRepository(session)
        self.widgets = WidgetRepository(session)
        self.articles = ArticleContentRepository(session)
