"""Wrong names: each raises on the line that wrote it, says which part is wrong, and what there is."""

from typing import Any

import pytest

from django_like_repos import (
    F,
    FilteredRelation,
    Q,
    QueryBuilder,
    UnknownFieldError,
    UnknownLookupError,
    UnsupportedOperationError,
)
from examples.help_center.models import Section
from tests.errors.chains import Wrong, check, check_awaited, sections

SECTION_HAS = "Section has: id, name, status, status_id, subsections"
STATUS_HAS = "PublicationStatus has: code, id, name, sections, subsections"
LOOKUPS = "between, contains, endswith, eq, exact, ge, gt, gte, icontains"

FILTERS: list[tuple[str, type[Exception], tuple[str, ...]]] = [
    # A name that is none: in the first part, after a relation, after two.
    ("nme", UnknownFieldError, ("Section has no field 'nme'", "did you mean 'name'?", SECTION_HAS)),
    ("subsection", UnknownFieldError, ("'subsection'", "did you mean 'subsections'?", SECTION_HAS)),
    ("zzz", UnknownFieldError, ("Section has no field 'zzz'. Section has",)),
    ("nme__icontains", UnknownFieldError, ("'nme'", "'nme__icontains'", "did you mean 'name'?")),
    ("status__cod", UnknownFieldError, ("PublicationStatus has no field 'cod'", "'status__cod'", STATUS_HAS)),
    ("status__cod__in", UnknownFieldError, ("'cod'", "'status__cod__in'", "did you mean 'code'?")),
    ("status__sections__stat", UnknownFieldError, ("Section has no field 'stat'", "did you mean 'status")),
    ("subsections__article_contents__txt", UnknownFieldError, ("ArticleContent", "did you mean 'text'?")),
    # A lookup that is none.
    ("name__icontain", UnknownLookupError, ("'icontain'", "Section.name", "'icontains'", LOOKUPS)),
    ("name__regex_", UnknownLookupError, ("'regex_'", "Section.name", LOOKUPS)),
    ("name__name", UnknownLookupError, ("'name'", "Section.name", LOOKUPS)),
    ("id__status", UnknownLookupError, ("'status'", "Section.id")),
    ("pk__pk", UnknownLookupError, ("'pk'", "Section.pk")),
    ("status__code__foo", UnknownLookupError, ("'foo'", "Section.status__code", "'status__code__foo'")),
    ("name__icontains__icontains", UnknownLookupError, ("icontains",)),
    ("name__exact__foo", UnknownLookupError, ("foo",)),
    ("name__EXACT", UnknownLookupError, ("'EXACT'",)),
    # A lookup that a relation does not have; Django says so too, and a number's text is not what was meant.
    ("status__foo", UnknownFieldError, ("PublicationStatus", "'foo'", STATUS_HAS)),
    ("status__foo__bar", UnknownFieldError, ("PublicationStatus", "'foo'")),
    ("status__icontains", UnknownLookupError, ("'icontains'", "status")),
    ("subsections__startswith", UnknownLookupError, ("'startswith'", "subsections")),
    ("status__like", UnknownLookupError, ("'like'", "status")),
    # Nothing where a part should be.
    ("", UnknownFieldError, ("Section has no field ''", SECTION_HAS)),
    ("__", UnknownFieldError, ("no field ''", "'__'")),
    ("__name", UnknownFieldError, ("no field ''", "'__name'")),
    ("__exact", UnknownFieldError, ("no field ''",)),
    ("name__", UnknownLookupError, ("''", "'name__'")),
    ("name____exact", UnknownLookupError, ("'name____exact'",)),
    ("pk__", UnknownLookupError, ("''", "'pk__'")),
    ("status__", UnknownFieldError, ("PublicationStatus has no field ''", "'status__'")),
    ("status____code", UnknownFieldError, ("PublicationStatus has no field ''",)),
    # Names that Python or SQLAlchemy puts on the class, and lookups on their own.
    ("metadata", UnknownFieldError, ("'metadata'", SECTION_HAS)),
    ("registry", UnknownFieldError, ("'registry'",)),
    ("_sa_instance_state", UnknownFieldError, ("'_sa_instance_state'",)),
    ("__class__", UnknownFieldError, ("'__class__'",)),
    ("__table__", UnknownFieldError, ("'__table__'",)),
    ("status__metadata", UnknownFieldError, ("'metadata'", STATUS_HAS)),
    ("exact", UnknownFieldError, ("'exact'",)),
    ("isnull", UnknownFieldError, ("'isnull'",)),
    # Nearly a name.
    ("NAME", UnknownFieldError, ("'NAME'", SECTION_HAS)),
    ("name ", UnknownFieldError, ("'name '", "did you mean 'name'?")),
    ("nаme", UnknownFieldError, ("'nаme'", "did you mean 'name'?")),
    ("имя", UnknownFieldError, ("'имя'", SECTION_HAS)),
    ("name.exact", UnknownFieldError, ("'name.exact'",)),
    ("name\0", UnknownFieldError, ("'name\\x00'",)),
    ("sections.name", UnknownFieldError, ("'sections.name'",)),
    ("status__" * 200 + "id", UnknownFieldError, ("PublicationStatus has no field 'status'",)),
]


@pytest.mark.parametrize(("name", "error", "fragments"), FILTERS, ids=[name for name, *_ in FILTERS])
def test_names_of_conditions(name: str, error: type[Exception], fragments: tuple[str, ...]) -> None:
    condition: dict[str, Any] = {name: "x"}

    check(lambda: sections.filter(**condition), error, fragments)
    check(lambda: sections.exclude(**condition), error, fragments)
    check(lambda: sections.filter(Q(**condition) | Q(id=1)), error, fragments)
    check(lambda: sections.filter(Q(~Q(id=1) & ~Q((name, "x")))), error, fragments)
    check(lambda: sections.filter((name, "x")), error, fragments)
    check(lambda: QueryBuilder(Section).filter(**condition), error, fragments)


@pytest.mark.parametrize(("name", "error", "fragments"), FILTERS, ids=[name for name, *_ in FILTERS])
async def test_names_of_conditions_that_are_awaited(
    name: str, error: type[Exception], fragments: tuple[str, ...]
) -> None:
    condition: dict[str, Any] = {name: "x"}

    for method in (sections.get, sections.get_one_or_none, sections.get_or_create, sections.update_or_create):
        await check_awaited(lambda method=method: method(**condition), error, fragments)  # type: ignore[misc]


NO_SUCH = (UnknownFieldError, ("Section has no field 'nme'", "did you mean 'name'?", SECTION_HAS))
NO_LOOKUP_HERE = (UnsupportedOperationError, ("'name__icontains'", "'icontains'", "filter()"))
NO_RELATION = (UnsupportedOperationError, ("Section.name", "no relation"))

CHAINS: dict[str, Wrong] = {
    "order_by": (lambda: sections.order_by("nme"), *NO_SUCH),
    "order_by -": (lambda: sections.order_by("name", "-nme"), *NO_SUCH),
    "order_by lookup": (lambda: sections.order_by("name__icontains"), *NO_LOOKUP_HERE),
    "order_by --": (lambda: sections.order_by("--name"), UnknownFieldError, ("'-name'",)),
    "order_by +": (lambda: sections.order_by("+name"), UnknownFieldError, ("'+name'",)),
    "order_by blank": (lambda: sections.order_by("- name"), UnknownFieldError, ("' name'",)),
    "order_by nothing": (lambda: sections.order_by(""), UnknownFieldError, ("''",)),
    "order_by minus": (lambda: sections.order_by("-"), UnknownFieldError, ("''",)),
    "order_by desc": (lambda: sections.order_by("name desc"), UnknownFieldError, ("'name desc'",)),
    "order_by relation": (lambda: sections.order_by("status__nme"), UnknownFieldError, ("'nme'", STATUS_HAS)),
    "order_by end": (lambda: sections.order_by("status__"), UnknownFieldError, ("PublicationStatus",)),
    "values": (lambda: sections.values("id", "nme"), *NO_SUCH),
    "values lookup": (lambda: sections.values("name__icontains"), *NO_LOOKUP_HERE),
    "values star": (lambda: sections.values("*"), UnknownFieldError, ("'*'", SECTION_HAS)),
    "values relation": (lambda: sections.values("status__nme"), UnknownFieldError, ("'nme'", STATUS_HAS)),
    "values_list": (lambda: sections.values_list("nme", flat=True), *NO_SUCH),
    "values_list named": (lambda: sections.values_list("nme", named=True), *NO_SUCH),
    "values_list nothing": (lambda: sections.values_list(""), UnknownFieldError, ("''",)),
    "options": (lambda: sections.options("nme"), *NO_SUCH),
    "options column": (lambda: sections.options("name"), *NO_RELATION),
    "options beyond": (lambda: sections.options("status__code"), UnsupportedOperationError, ("no relation",)),
    "options typo": (
        lambda: sections.options("subsections__article_content"),
        UnknownFieldError,
        ("Subsection has no field 'article_content'", "did you mean 'article_contents'?"),
    ),
    "options star": (lambda: sections.options("*"), UnknownFieldError, ("'*'",)),
    "innerjoin": (lambda: sections.innerjoin("nme"), *NO_SUCH),
    "innerjoin column": (lambda: sections.innerjoin("name"), *NO_RELATION),
    "innerjoin pk": (lambda: sections.innerjoin("status__pk"), UnsupportedOperationError, ("no relation",)),
    "outerjoin": (lambda: sections.outerjoin("nme"), *NO_SUCH),
    "outerjoin column": (lambda: sections.outerjoin("name"), *NO_RELATION),
    "outerjoin nothing": (lambda: sections.outerjoin(""), UnknownFieldError, ("''",)),
    "outerjoin end": (lambda: sections.outerjoin("status__"), UnknownFieldError, ("PublicationStatus",)),
    "returning": (lambda: sections.returning("nme"), *NO_SUCH),
    "returning lookup": (lambda: sections.returning("name__icontains"), *NO_LOOKUP_HERE),
    "returning relation": (
        lambda: sections.returning("status__code"),
        UnsupportedOperationError,
        ("own columns", "'status__code'"),
    ),
    "returning to many": (lambda: sections.returning("subsections"), UnsupportedOperationError, ("own",)),
    "F": (lambda: sections.filter(name=F("nme")), *NO_SUCH),
    "F relation": (lambda: sections.filter(name=F("status__nme")), UnknownFieldError, ("'nme'", STATUS_HAS)),
    "F lookup": (lambda: sections.filter(name=F("name__icontains")), *NO_LOOKUP_HERE),
    "F nothing": (lambda: sections.filter(name=F("")), UnknownFieldError, ("''",)),
    "F in arithmetic": (lambda: sections.filter(id=1 + F("nme") * 2), *NO_SUCH),
    "F in a list": (lambda: sections.filter(id__in=[1, F("nme")]), *NO_SUCH),
    "F in a range": (lambda: sections.filter(id__range=(1, F("nme"))), *NO_SUCH),
    "F in text": (lambda: sections.filter(name__icontains=F("nme")), *NO_SUCH),
    "builder order_by": (lambda: QueryBuilder(Section).order_by("nme"), *NO_SUCH),
    "builder options": (lambda: QueryBuilder(Section).options("nme"), *NO_SUCH),
    "builder join": (lambda: QueryBuilder(Section).join("name", isouter=True), *NO_RELATION),
    "builder values_list": (lambda: QueryBuilder(Section).values_list("nme"), *NO_SUCH),
    "builder returning": (lambda: QueryBuilder(Section).returning("nme"), *NO_SUCH),
    "builder update": (lambda: QueryBuilder(Section).build_update_stmt({"nme": 1}), *NO_SUCH),
}


@pytest.mark.parametrize("wrong", CHAINS.values(), ids=CHAINS)
def test_names_elsewhere(wrong: Wrong) -> None:
    check(*wrong)


NO_COLUMN_TO_SET = (UnsupportedOperationError, ("update()", "own columns"))

AWAITED: dict[str, Wrong] = {
    "update": (lambda: sections.update(nme="x"), *NO_SUCH),
    "update dict": (lambda: sections.update({"nme": "x"}), *NO_SUCH),
    "update none": (lambda: sections.none().update(nme="x"), *NO_SUCH),
    "update lookup": (lambda: sections.update(name__exact="x"), UnsupportedOperationError, ("'exact'",)),
    "update end": (lambda: sections.update({"name__": "x"}), UnsupportedOperationError, ("'name__'",)),
    "update relation": (lambda: sections.update(status__code="x"), *NO_COLUMN_TO_SET),
    "update key of relation": (lambda: sections.update(status__id=1), *NO_COLUMN_TO_SET),
    "update to many": (lambda: sections.update(subsections=1), *NO_COLUMN_TO_SET),
    "update nothing": (lambda: sections.update({"": 1}), UnknownFieldError, ("''",)),
    "update no text": (lambda: sections.update({5: 1}), UnsupportedOperationError, ("5",)),  # type: ignore[dict-item]
    "update attribute": (
        lambda: sections.update({Section.name: "x"}),  # type: ignore[dict-item]
        UnsupportedOperationError,
        ("Section.name",),
    ),
    "update metadata": (lambda: sections.update(metadata=1), UnknownFieldError, ("'metadata'",)),
    "update class": (lambda: sections.update(__class__=int), UnknownFieldError, ("'__class__'",)),
    "update F": (lambda: sections.update(name=F("nme")), *NO_SUCH),
    "update F relation": (
        lambda: sections.update(name=F("status__code")),
        UnsupportedOperationError,
        ("join",),
    ),
    "update F to many": (
        lambda: sections.update(name=F("subsections__name")),
        UnsupportedOperationError,
        ("join",),
    ),
    "in_bulk": (lambda: sections.in_bulk([1], field_name="nme"), *NO_SUCH),
    "in_bulk not unique": (
        lambda: sections.in_bulk(["x"], field_name="name"),
        UnsupportedOperationError,
        ("unique", "Section.name"),
    ),
    "in_bulk foreign key": (
        lambda: sections.in_bulk([1], field_name="status"),
        UnsupportedOperationError,
        ("unique",),
    ),
    "in_bulk relation": (
        lambda: sections.in_bulk(["x"], field_name="status__code"),
        UnsupportedOperationError,
        ("unique",),
    ),
    "get_or_create defaults": (lambda: sections.get_or_create({"nme": 1}, name="x"), *NO_SUCH),
    "get_or_create path": (
        lambda: sections.get_or_create({"status__code": 1}, name="x"),
        UnknownFieldError,
        ("'status__code'", SECTION_HAS),
    ),
    "get_or_create metadata": (
        lambda: sections.get_or_create({"metadata": 1}, name="x"),
        UnknownFieldError,
        ("'metadata'", SECTION_HAS),
    ),
    "update_or_create defaults": (lambda: sections.update_or_create({"nme": 1}, name="x"), *NO_SUCH),
    "update_or_create create_defaults": (
        lambda: sections.update_or_create({"name": "x"}, {"nme": 1}, id=1),
        *NO_SUCH,
    ),
    "update_or_create metadata": (
        lambda: sections.update_or_create({"metadata": 1}, id=1),
        UnknownFieldError,
        ("'metadata'", SECTION_HAS),
    ),
    "update_or_create tablename": (
        lambda: sections.update_or_create({"__tablename__": "x"}, id=1),
        UnknownFieldError,
        ("'__tablename__'", SECTION_HAS),
    ),
    "update_or_create class": (
        lambda: sections.update_or_create({"__class__": Section}, id=1),
        UnknownFieldError,
        ("'__class__'", SECTION_HAS),
    ),
}


@pytest.mark.parametrize("wrong", AWAITED.values(), ids=AWAITED)
async def test_names_of_what_is_awaited(wrong: Wrong) -> None:
    await check_awaited(*wrong)


@pytest.mark.parametrize("name", ["a\x80", "a\x9f", "\x85", "a\x1f", "a\x7f", "a\ud800", "\udfff", "a\u2028"])
def test_names_of_what_no_name_holds(name: str) -> None:
    """A lone surrogate cannot be sent at all, and closes the connection of a driver that tries."""
    for call in (sections.annotate, sections.alias, sections.values):
        with pytest.raises(UnsupportedOperationError, match="cannot be a name"):
            call(**{name: F("id")})
    with pytest.raises(UnsupportedOperationError, match="cannot be a name"):
        sections.annotate(**{name: FilteredRelation("subsections", condition=Q(name="x"))})


def test_close_matches_are_few_and_near() -> None:
    with pytest.raises(UnknownFieldError) as caught:
        sections.filter(stats=1)

    assert "did you mean 'status' or 'status_id'?" in str(caught.value)


def test_what_a_program_reads_of_it() -> None:
    with pytest.raises(UnknownFieldError) as field:
        sections.filter(status__cod="x")
    with pytest.raises(UnknownLookupError) as lookup:
        sections.filter(status__code__foo="x")

    assert (field.value.model, field.value.path, field.value.part) == (
        "PublicationStatus",
        "status__cod",
        "cod",
    )
    assert field.value.known == ("code", "id", "name", "sections", "subsections")
    assert (lookup.value.path, lookup.value.part) == ("status__code__foo", "foo")
    assert {"exact", "icontains", "isnull"} <= set(lookup.value.known)
