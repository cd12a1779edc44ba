"""Writes what `standard_library` read into the help centre's tables; commits nothing itself."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from examples.help_center.repositories import HelpCenter
from examples.help_center.standard_library import Kind, Module, Status

BATCH_SIZE = 500


async def load(session: AsyncSession, modules: Iterable[Module]) -> None:
    """Modules become sections, their topics subsections, the documentation articles, its kinds widgets."""
    help_center = HelpCenter(session)
    statuses = await help_center.statuses.flush().bulk_create(
        [{"code": status.value, "name": status.value.capitalize()} for status in Status]
    )
    widgets = await help_center.widgets.flush().bulk_create(
        [{"code": kind.value, "name": kind.value.capitalize()} for kind in Kind]
    )
    status_ids = {status.code: status.id for status in statuses}
    widget_ids = {widget.code: widget.id for widget in widgets}
    for module in modules:
        section = await help_center.sections.flush().create(
            name=module.name, status_id=status_ids[module.status]
        )
        subsections = await help_center.subsections.flush().bulk_create(
            [
                {"name": topic.name, "section_id": section.id, "status_id": status_ids[topic.status]}
                for topic in module.topics
            ]
        )
        await help_center.articles.flush().bulk_create(
            [
                {
                    "subtitle": entry.name,
                    "text": entry.text,
                    "subsection_id": subsection.id,
                    "widget_id": widget_ids[entry.kind],
                }
                for subsection, topic in zip(subsections, module.topics, strict=True)
                for entry in topic.entries
            ],
            batch_size=BATCH_SIZE,
        )
