"""The rows of the help centre that tests start with: three statuses, seven sections, one subsection."""

from examples.help_center.models import PublicationStatus, Section, Subsection

UNPUBLISHED, PUBLISHED, ARCHIVED = 1, 2, 3


def help_center_rows() -> list[object]:
    """New instances, parents first; the database numbers each kind from 1, in this order.

    Keys are not given here, so that PostgreSQL's sequences stand behind the last one.
    """
    return [
        PublicationStatus(code="unpublished", name="Не опубликовано"),
        PublicationStatus(code="published", name="Опубликовано"),
        PublicationStatus(code="archived", name="В архиве"),
        Section(name="Управление аккаунтом", status_id=PUBLISHED),
        Section(name="Управление доступом", status_id=UNPUBLISHED),
        Section(name="Действующие договоры с Х5", status_id=PUBLISHED),
        Section(name="Заявки и консультации", status_id=PUBLISHED),
        Section(name="Финансовые документы Х5 Недвижимость", status_id=PUBLISHED),
        Section(name="Личный кабинет подрядчика ТС5", status_id=PUBLISHED),
        Section(name="Настройки", status_id=PUBLISHED),
        Subsection(name="Полезные документы", section_id=1, status_id=PUBLISHED),
    ]
