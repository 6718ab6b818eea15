"""Answers that are remembered: asked once, never another's, no more than fit."""

from collections.abc import Callable

import pandas as pd

from buildkite_source.answers.answer import Answer
from buildkite_source.answers.cache import Memory


class Source:
    """Gives answers of some rows, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def of(self, name: str, rows: int = 1) -> Callable[[], Answer]:
        def ask() -> Answer:
            self.asked.append(name)
            return Answer(name, pd.DataFrame({"value": range(rows)}))

        return ask


def test_a_question_is_asked_once() -> None:
    memory, source = Memory(10), Source()
    for _ in range(3):
        assert memory.recall("a", source.of("a")).sql == "a"
        assert memory.recall("b", source.of("b")).sql == "b"
    assert source.asked == ["a", "b"]


def test_what_one_reader_changes_no_other_sees() -> None:
    memory, source = Memory(10), Source()
    for _ in range(2):
        rows = memory.recall("a", source.of("a", 3)).rows
        assert rows["value"].tolist() == [0, 1, 2]
        rows["value"] = 9
        rows.loc[0, "value"] = 7


def test_what_was_not_wanted_longest_is_forgotten() -> None:
    memory, source = Memory(10), Source()
    memory.recall("a", source.of("a", 4))
    memory.recall("b", source.of("b", 4))
    memory.recall("a", source.of("a", 4))
    memory.recall("c", source.of("c", 4))
    source.asked.clear()
    memory.recall("a", source.of("a", 4))
    memory.recall("c", source.of("c", 4))
    assert source.asked == []
    memory.recall("b", source.of("b", 4))
    assert source.asked == ["b"]


def test_what_does_not_fit_is_answered_and_not_kept() -> None:
    memory, source = Memory(10), Source()
    for _ in range(2):
        assert len(memory.recall("a", source.of("a", 11)).rows) == 11
    memory.recall("b", source.of("b"))
    memory.recall("b", source.of("b"))
    assert source.asked == ["a", "a", "b"]
