"""What a chain costs whose plan is not there yet: read, rewritten and said, beside one written by hand."""

from typing import Any

from sqlalchemy import func, select

from benchmarks.measuring import Comparison, compare
from django_like_repos import Count, Database, QuerySet
from django_like_repos.plans import SELECT, Plans
from examples.help_center.models import PublicationStatus, Section, Subsection

SECTIONS = QuerySet(Section)


def plan_miss(database: Database) -> list[Comparison]:
    """Statements built anew each time; none is compiled."""
    plans = Plans(database.engine.dialect, 0)

    def missed(chain: Any) -> Any:
        return lambda: plans.prepare(SELECT, chain._query)

    related = select(Subsection.id).where(
        Subsection.section_id == Section.id, Subsection.name.startswith("A")
    )
    keys = select(Section.id).join(Section.subsections).where(Subsection.name == "A").distinct().subquery()
    grouped = select(Section.status_id, func.count(Subsection.id)).join(Section.subsections)
    return [
        compare(
            "one filter",
            lambda: select(Section).where(Section.name == "A"),
            missed(SECTIONS.filter(name="A")),
        ),
        compare(
            "a page over one join",
            lambda: select(Section).join(Section.status).where(PublicationStatus.code == "a").limit(20),
            missed(SECTIONS.filter(status__code="a")[:20]),
        ),
        compare(
            "a to-many filter, keys first",
            lambda: select(Section).join(keys, keys.c.id == Section.id),
            missed(SECTIONS.filter(subsections__name="A")),
        ),
        compare(
            "excluded over to-many",
            lambda: select(Section).where(~related.exists()),
            missed(SECTIONS.exclude(subsections__name__startswith="A")),
        ),
        compare(
            "groups",
            lambda: grouped.group_by(Section.status_id),
            missed(SECTIONS.values("status_id").annotate(n=Count("subsections"))),
        ),
    ]
