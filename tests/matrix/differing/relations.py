"""What may stand for a related row."""

from dataclasses import replace
from typing import Final

from tests.matrix.kinds import RELATIONS
from tests.matrix.meanings import Asked, Difference
from tests.matrix.places import bare_key, own_instance, target_key

DIFFERENCES: Final = (
    Difference(
        "a relation has ranges",
        "Django knows of no BETWEEN for foreign keys.",
        Asked(target_key),
        lambda question: question.column in (*RELATIONS, "box_id") and question.lookup == "range",
    ),
    Difference(
        "an instance is its key",
        "Django takes instances for relations only.",
        Asked(bare_key),
        own_instance,
    ),
    Difference(
        "an expression is an element of a list for keys",
        "Django takes it for relations as the value itself.",
        Asked(lambda question: replace(question, lookup="exact", value="F('id')")),
        lambda question: question.column in RELATIONS and question.value == "[F('id')]",
    ),
)
