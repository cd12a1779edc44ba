"""What is right: Django's answer, or what a named difference puts in its place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.matrix.cases import Batch, Case
from tests.matrix.differences import difference_of
from tests.matrix.harness import Answer, Failed, Found, Refused, Specimens
from tests.matrix.meanings import ANSWERED, REFUSED, Asked, Difference

Everywhere = Mapping[str, Specimens]


@dataclass
class Verdict:
    """How the cases of a batch went on one backend."""

    cases: int
    differences: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


async def judged(batch: Batch, cases: Sequence[Case], backend: str, everywhere: Everywhere) -> Verdict:
    ours = await everywhere[backend].ask_us(batch, cases)
    meant = await meant_answers(batch, cases, backend, everywhere)
    verdict = Verdict(len(cases))
    for case, answer, (difference, expected) in zip(cases, ours, meant, strict=True):
        if difference is not None:
            verdict.differences[difference.name] += 1
        if not agree(case, difference, expected, answer):
            name = f" ({difference.name})" if difference else ""
            verdict.wrong.append(f"{case.source}{name}\n    meant {expected}\n    here  {answer}")
    return verdict


async def meant_answers(
    batch: Batch, cases: Sequence[Case], backend: str, everywhere: Everywhere
) -> list[tuple[Difference | None, Answer]]:
    """For each case the difference that it is, if it is one, and the answer to it that Django has."""
    differences = [difference_of(case.question, backend) for case in cases]
    answers: dict[int, Answer] = {}
    for place, positions in _by_place(differences, backend):
        asked = [_asked(cases[position], differences[position]) for position in positions]
        answers.update(zip(positions, await everywhere[place].ask_django(batch, asked), strict=True))
    return [(difference, answers[position]) for position, difference in enumerate(differences)]


def agree(case: Case, difference: Difference | None, expected: Answer, answer: Answer) -> bool:
    """Whether an answer is the one that is meant."""
    meant = difference.meant if difference else None
    if meant is REFUSED:
        return isinstance(answer, Refused)
    if meant is ANSWERED:
        both_refused = isinstance(answer, Refused) and isinstance(expected, Refused)
        return isinstance(answer, Found) or both_refused
    if isinstance(expected, Found):
        return answer == expected
    # Only the database can tell whether it compares two columns, or what it makes of a pattern.
    unforeseeable = "F(" in case.question.value or case.question.lookup.endswith("regex")
    both_failed = isinstance(expected, Failed) and isinstance(answer, Failed)
    return isinstance(answer, Refused) or (both_failed and unforeseeable)


def _by_place(differences: Sequence[Difference | None], backend: str) -> Iterator[tuple[str, list[int]]]:
    places: dict[str, list[int]] = {}
    for position, difference in enumerate(differences):
        meant = difference.meant if difference else None
        place = meant.backend if isinstance(meant, Asked) else None
        places.setdefault(place or backend, []).append(position)
    yield from places.items()


def _asked(case: Case, difference: Difference | None) -> Case:
    if difference is None or not isinstance(difference.meant, Asked):
        return case
    meant = difference.meant
    return replace(case, question=meant.question(case.question), way=meant.way(case.way))
