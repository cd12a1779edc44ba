"""What an ordinary run leaves out: never a test, never a database of many cases."""

from itertools import chain

import pytest

from tests.turns import DATABASES, SAMPLED, left_out

WRITTEN = """
    import pytest

    @pytest.fixture(params=["sqlite", "postgresql"])
    def backend(request):
        return request.param

    def test_alone(backend): ...

    @pytest.mark.parametrize("case", range(12))
    def test_many(backend, case): ...

    @pytest.mark.both
    @pytest.mark.parametrize("case", range(12))
    def test_different(backend, case): ...

    @pytest.mark.sampled
    @pytest.mark.parametrize("case", range(12))
    def test_combinations(case, backend): ...

    @pytest.mark.parametrize("case", range(12))
    def test_of_none(case): ...

    @pytest.mark.by_turns
    @pytest.mark.parametrize("case", range(2))
    def test_two(backend, case): ...

    @pytest.mark.long
    def test_long(backend): ...
"""
INI = "[pytest]\nmarkers =\n    long\n    by_turns\n    sampled\n    both\n"


def test_each_case_is_tried_on_one_database_and_many_on_both(pytester: pytest.Pytester) -> None:
    pytester.makeini(INI)
    items, _ = pytester.inline_genitems(pytester.makepyfile(WRITTEN))
    left = left_out(items)
    tried = [item.name for item in items if item not in left]

    def on(test: str) -> dict[str, list[str]]:
        cases = [
            name.removeprefix(f"{test}[").removesuffix("]") for name in tried if name.startswith(f"{test}[")
        ]
        return {
            each: sorted(name.replace(each, "").strip("-") for name in cases if each in name)
            for each in DATABASES
        }

    everything = sorted(map(str, range(12)))
    assert all(on("test_alone")[each] == [""] for each in DATABASES)
    assert all(on("test_different")[each] == everything for each in DATABASES)
    assert sorted(chain(*on("test_many").values())) == everything
    assert {len(cases) for cases in on("test_many").values()} == {6}
    assert {len(cases) for cases in on("test_combinations").values()} == {12 // SAMPLED // 2}
    assert len([name for name in tried if name.startswith("test_of_none[")]) == 12
    assert sorted(chain(*on("test_two").values())) == ["0", "1"]
    assert not any(name.startswith("test_long") for name in tried)
    assert left_out(reversed(items)) == left
