"""The cases: each question, asked in every way to reach the column.

A *question* is a keyword of `filter()` and its value. It is asked in several *ways*: of the row itself, of
its box (to-one), of its specimens (to-many), each also negated. A *batch* is the questions of one family of
lookups on one column: one test.

A thorough run asks every question plainly, and every second one in another way, turn by turn, or every one
where NULLs matter. `make fuzz` asks all of them in all ways. An ordinary run asks every sixteenth question in
one way, turn by turn.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from types import CodeType
from typing import Final, Literal

from tests.matrix.questions import (
    Question,
    comparison,
    dates,
    documents,
    expressions,
    membership,
    paths,
    relations,
    text,
)
from tests.matrix.schema import COLUMNS

Extent = Literal["sample", "usual", "whole"]
"""How many of its cases a batch asks."""

UTC: Final = "UTC"
NEW_YORK: Final = "America/New_York"


@dataclass(frozen=True)
class Way:
    """How a question is asked: of which model, along which relation, and whether negated."""

    name: str
    root: str
    method: str
    prefix: str = ""
    other: str = ""
    """Where else the root finds columns of the same names: what an F of a value reads."""
    outside: bool = False
    """Whether it is negated as all rows but those that the plain question finds."""


@dataclass(frozen=True)
class Case:
    """A question asked in one way."""

    question: Question
    way: Way

    @property
    def source(self) -> str:
        name = self.way.prefix + self.question.name
        value = self.question.value.replace("<other>", self.way.other)
        argument = f"{name}={value}" if name.isidentifier() else f"**{{{name!r}: {value}}}"
        root = self.way.root
        if self.way.outside:
            # As in a negation, nothing has to be joined for the condition to hold.
            return f"{root}.exclude(pk__in={root}.filter(Q({argument}) | Q(pk=0)).values('pk'))"
        return f"{root}.{self.way.method}({argument})"

    @cached_property
    def code(self) -> CodeType:
        return compile(self.source, self.source, "eval")


@dataclass(frozen=True)
class Batch:
    """The questions of one test, and the ways in which they are asked, the plain one first."""

    family: str
    column: str
    questions: tuple[Question, ...]
    ways: tuple[Way, ...]
    zone: str = UTC

    def cases(self, extent: Extent) -> list[Case]:
        if extent == "sample":
            return [*map(Case, self.questions[::16], cycle(self.ways))]
        plain, *others = self.ways
        turns = cycle(others)
        return [
            Case(question, way)
            for index, question in enumerate(self.questions)
            for way in (
                plain,
                *(others if extent == "whole" else [next(turns)] if index % 2 or question.of_null else ()),
            )
        ]

    def __str__(self) -> str:
        return " ".join([self.family, self.column, *([] if self.zone == UTC else [self.zone])])


WAYS: Final = (
    Way("plain", "Specimen", "filter", other="box__"),
    Way("negated", "Specimen", "exclude", other="box__"),
    Way("to-one", "Specimen", "filter", "box__"),
    Way("to-one negated", "Specimen", "exclude", "box__"),
    Way("to-many", "Box", "filter", "specimens__"),
    Way("to-many negated", "Box", "exclude", "specimens__"),
)
# To the relation itself.
TO_BOX: Final = (
    Way("plain", "Specimen", "filter"),
    Way("negated", "Specimen", "exclude"),
    Way("to-many", "Box", "filter", "specimens__"),
    Way("to-many negated", "Box", "exclude", "specimens__"),
    Way("to-one and to-many", "Specimen", "filter", "box__specimens__"),
)
TO_SPECIMENS: Final = (
    Way("plain", "Box", "filter"),
    Way("negated", "Box", "exclude"),
    Way("to-one", "Specimen", "filter", "box__"),
    Way("to-one negated", "Specimen", "exclude", "box__"),
    Way("to-many and to-one", "Box", "filter", "specimens__box__"),
)

Questions = Callable[[str], Iterator[Question]]

OF_COLUMNS: Final[dict[str, tuple[Questions, tuple[str, ...]]]] = {
    "comparison": (comparison, COLUMNS),
    "membership": (membership, COLUMNS),
    "text": (text, COLUMNS),
    "expressions": (expressions, COLUMNS),
    "dates": (dates, tuple(column for column in COLUMNS if column != "json")),
    "documents": (documents, COLUMNS),
    "paths": (paths, ("json",)),
}


def _batches() -> Iterator[Batch]:
    for family, (questions, columns) in OF_COLUMNS.items():
        for column in columns:
            yield Batch(family, column, tuple(questions(column)), WAYS)
    yield Batch("dates", "aware", tuple(dates("aware", thoroughly=False)), WAYS, NEW_YORK)
    yield Batch("relations", "box", tuple(relations("box")), TO_BOX)
    yield Batch("relations", "specimens", tuple(relations("specimens")), TO_SPECIMENS)


BATCHES: Final = list(_batches())
