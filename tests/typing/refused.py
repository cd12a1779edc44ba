"""Wrong uses, each of which both checkers refuse: where one did not, its comment would be the error.

Nothing here is run.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error
# ruff: noqa: B015, B018, C416, F841

from collections.abc import Iterable
from dataclasses import dataclass

from django_like_repos import BaseRepository, Case, F, Func, Q, QuerySet, Window
from django_like_repos.query.functions.windows import RowNumber
from examples.help_center.models import Section, Subsection
from tests.typing.repositories import OwnRepository, SectionQuerySet, SectionRepository

Sections = QuerySet[Section]


@dataclass
class Row:
    name: str = ""


async def what_is_not_awaited(sections: Sections) -> None:
    sections.count() + 1  # type: ignore[operator]
    sections.acount() > 0  # type: ignore[operator]
    sections.get(id=1).name  # type: ignore[attr-defined]
    sections[0].name  # type: ignore[attr-defined]
    sections.count()  # type: ignore[unused-coroutine]
    len(sections)  # type: ignore[arg-type]
    list(sections)  # type: ignore[call-overload]
    sorted(sections.values_list(Section.name, flat=True))  # type: ignore[call-overload]
    for section in sections:  # type: ignore[misc]
        section.name
    [section for section in sections]  # type: ignore[misc]
    Section() in sections  # type: ignore[misc]
    if sections:  # pyright: ignore[reportGeneralTypeIssues]
        sections.sql()


async def what_may_be_none(sections: Sections, repository: SectionRepository) -> None:
    (await sections.first()).name  # type: ignore[union-attr]
    (await sections.alast()).name  # type: ignore[union-attr]
    (await sections[0]).name  # type: ignore[union-attr]
    (await sections.get_or_none(id=1)).name  # type: ignore[union-attr]
    (await sections.values("name").first())["name"]  # type: ignore[index]
    (await repository.get_by_pk(1)).name  # type: ignore[union-attr]


async def what_rows_are_not(sections: Sections) -> None:
    (await sections.get()).nmae  # type: ignore[attr-defined]
    (await sections.annotate(n=F("id")).get()).n  # type: ignore[attr-defined]
    (await sections.values("name").get()).name  # type: ignore[attr-defined]
    (await sections.values_list("name").get()).name  # type: ignore[attr-defined]
    (await sections.values_list(Section.name, flat=True).get()) + 1  # type: ignore[operator]
    (await sections.aggregate(n=F("id"))).n  # type: ignore[attr-defined]
    (await sections.in_bulk())[1].nmae  # type: ignore[attr-defined]
    (await sections.get_or_create(id=1)).name  # type: ignore[attr-defined]
    (await sections.values_list(Section.name, flat=True))[0].nmae  # type: ignore[attr-defined]
    (await sections.into(Row).get()).nmae  # type: ignore[attr-defined]
    (await sections.into(Row).first()).name  # type: ignore[union-attr]
    sections.into(Row.name)  # type: ignore[arg-type]
    models: list[Section] = await sections.into(Row)  # type: ignore[arg-type]
    others: list[Subsection] = await sections  # type: ignore[assignment]
    other: Iterable[Subsection] = await sections.filter()[:2]  # type: ignore[assignment]


async def what_methods_do_not_take(sections: Sections, subsections: QuerySet[Subsection]) -> None:
    sections.fliter(id=1)  # type: ignore[attr-defined]
    sections.values_list("name", flat=True, named=True)  # type: ignore[call-overload]
    sections.values_list("id", "name", flat=True)  # type: ignore[call-overload]
    sections.values_list(flat=True)  # type: ignore[call-overload]
    sections.dates("made_at", "hour")  # type: ignore[arg-type]
    sections.dates("made_at", "year", "desc")  # type: ignore[arg-type]
    sections.datetimes("made_at", "century")  # type: ignore[arg-type]
    sections.complex_filter("name")  # type: ignore[arg-type]
    sections.options(load="status").innerjoin(1)  # type: ignore[call-arg, arg-type]
    sections.distinct(F("id"))  # type: ignore[arg-type]
    sections.union([sections])  # type: ignore[arg-type]
    sections | subsections  # type: ignore[operator]
    sections & Q(name="x")  # type: ignore[operator]
    sections["name"]  # type: ignore[call-overload]
    await sections.contains(Subsection())  # type: ignore[arg-type]
    await sections.get_or_create([("name", "x")])  # type: ignore[arg-type]
    await sections.explain("json")  # type: ignore[call-arg]
    sections.named("x")  # type: ignore[attr-defined]


class Rank(Func):
    arity = "one"  # type: ignore[assignment]
    function = 1  # type: ignore[assignment]


def what_expressions_do_not_take() -> None:
    Case(Q(name="x"))  # type: ignore[arg-type]
    Window(RowNumber(), frame=(0, 1))  # type: ignore[arg-type]
    F(1)  # type: ignore[arg-type]
    F("name")["a"]  # type: ignore[index]
    F("name").asc(True)  # type: ignore[call-arg]
    F("name") < 1  # type: ignore[operator]


def what_repositories_are_not(sections: SectionRepository, own: OwnRepository) -> None:
    sections.related(Section(), 1)  # type: ignore[call-overload]
    sections.related(Section(), Section.subsections, SectionRepository)  # type: ignore[arg-type]
    queryset: SectionQuerySet = sections.objects  # type: ignore[assignment]
    subsections: BaseRepository[Subsection] = own  # type: ignore[assignment]
    sections.objects.named("x")  # type: ignore[attr-defined]
    own.objects.named(1)  # type: ignore[arg-type]
    own.objects.values().named("x")  # type: ignore[attr-defined]
