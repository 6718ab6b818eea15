"""`--fail-if`: what a condition is, when it holds, and which exit code a scheduler sees."""

import json
from typing import Any

import pytest

from buildkite_source.digest import MEANINGS, Condition, UnknownNameError
from tests.cli.running import Cli, Outcome
from tests.posting import digests

_FOUND = {
    "figures": {"main_red_hours": 4.0, "success_rate": 0.9, "nothing": None},
    "sections": {"main_red_time": {"rows": [{"red_seconds": 7, "is_red": True}], "note": "8"}},
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("main_red_hours > 4", False),
        ("main_red_hours>=4", True),
        (" main_red_hours == 4.0 ", True),
        ("main_red_hours != 4", False),
        ("main_red_hours < 4", False),
        ("main_red_hours > -.5", True),
        ("success_rate < 90.5%", True),
        ("success_rate <= 0.9", True),
        ("figures.success_rate < 90%", False),
        ("sections.main_red_time.rows.0.red_seconds > 6", True),
        ("nothing < 1", None),
        ("nothing != 1", None),
    ],
)
def test_a_condition_holds(text: str, holds: bool | None) -> None:
    assert Condition.parse(text).told(_FOUND).holds is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main_red_hours",
        "main_red_hours = 4",
        "main_red_hours > four",
        "4 > main_red_hours > 2",
        "main_red_hours > 4 and n > 1",
        "__import__('os').system('true') > 0",
        "main_red_hours > 1e400x",
    ],
)
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="NAME OPERATOR NUMBER"):
        Condition.parse(text)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("main_red_hour", "main_red_hours"),
        ("sucess_rate", "success_rate"),
        ("sections.main_red_time.rows.1.red_seconds", "sections.main_red_time.rows.0.red_seconds"),
        ("sections.main_red_time.rows.0.is_red", "sections.main_red_time.rows.0.red_seconds"),
        ("sections.main_red_time.note", "sections.main_red_time"),
        ("xyz", "main_red_hours, nothing, success_rate"),
    ],
)
def test_an_unknown_name_is_told_with_near_ones(name: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"no number '{name}'. Near: .*{near}"):
        Condition.parse(f"{name} > 1").told(_FOUND)


def test_every_figure_is_explained() -> None:
    for digest in (digests.usual(), digests.quiet()):
        assert list(digest.figures) == list(MEANINGS)
    assert digests.usual().figures["main_red_hours"] == 10
    assert digests.usual().figures["main_red_hours_in_all"] == 10.5
    assert digests.usual().figures["main_red_now"] == 1


def test_the_exit_code_tells_a_scheduler(loaded: Cli) -> None:
    def asked(*conditions: str, top: str = "999") -> Outcome:
        words = [word for one in conditions for word in ("--fail-if", one)]
        return loaded("report", "--quiet", "--format", "json", "--top", top, *words)

    outcome = asked("n > 99999", "n < 99999", "sections.overall.rows.0.n < 1")
    found = json.loads(outcome.out)
    n = found["figures"]["n"]
    told = f"The condition n < 99999 holds: it is {n}.\n"
    assert (outcome.code, outcome.err) == (3, told)
    _figures_are_of_all_pipelines(found)
    outcome = asked("n > 99999", top="1")
    assert (outcome.code, outcome.err) == (0, "")
    few = json.loads(outcome.out)
    assert len(few["sections"]["main_red_time"]["rows"]) == 1
    assert few["figures"] == found["figures"]
    outcome = asked("faild > 1", "n > 0")
    assert (outcome.code, outcome.out) == (2, "")
    assert "Near: failed" in outcome.err


def _figures_are_of_all_pipelines(found: dict[str, Any]) -> None:
    figures, sections = found["figures"], found["sections"]
    red = [row["red_seconds"] / 3600 for row in sections["main_red_time"]["rows"]]
    assert len(red) > 1
    assert figures["main_red_hours"] == pytest.approx(max(red))
    assert figures["main_red_hours_in_all"] == pytest.approx(sum(red))
    (overall,) = sections["overall"]["rows"]
    most = sections["most_failures"]["rows"]
    assert sum(row["failed"] for row in most) == overall["failed"] == figures["failed"]
    assert [row["failed"] for row in most] == sorted((row["failed"] for row in most), reverse=True)
    assert all(row["step_failed"] <= row["failed"] for row in most if row["step"])
    assert any(row["step"] for row in most)
