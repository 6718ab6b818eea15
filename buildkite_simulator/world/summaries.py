"""What executions amount to for each test over a window of time."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from buildkite_simulator.world.executions import Execution, Result, tags_of
from buildkite_simulator.world.runs import Run
from buildkite_simulator.world.suite_tests import SuiteTest, TestState
from buildkite_simulator.world.suites import Suite

Metric = Literal["duration_avg", "duration_sum", "duration_min", "duration_max", "reliability"]


class Term(NamedTuple):
    """One value of a filter with its operator: `!` not, `*` starts with."""

    text: str
    is_negated: bool = False
    is_prefix: bool = False

    def fits(self, *values: str) -> bool:
        """Tell whether any of the values is meant, or, negated, none of them."""
        meant = any(
            value.startswith(self.text) if self.is_prefix else value == self.text
            for value in values
        )
        return meant != self.is_negated


class ResultTerm(NamedTuple):
    """A condition on all executions of a test: any of them (`~`) or every one (`^`)."""

    result: str
    is_every: bool

    def fits(self, counts: Mapping[Result, int]) -> bool:
        """Tell whether a test's counts by result fulfil it."""
        matching = sum(count for result, count in counts.items() if result == self.result)
        return matching == sum(counts.values()) if self.is_every else matching > 0


@dataclass(frozen=True)
class Selection:
    """Which tests and executions are wanted, and in what order; the default is all of them."""

    labels: tuple[Term, ...] = ()
    owners: tuple[Term, ...] = ()
    branch: Term | None = None
    state: TestState | None = None
    tags: tuple[tuple[str, Term], ...] = ()
    results: tuple[ResultTerm, ...] = ()
    sort_by: Metric = "duration_avg"
    ascending: bool = False

    def wants_test(self, test: SuiteTest, at: int) -> bool:
        """Tell whether a test has the labels, owner and state."""
        wanted = [term for term in self.owners if not term.is_negated]
        unwanted = [term for term in self.owners if term.is_negated]
        return (
            all(term.fits(*test.labels) for term in self.labels)
            and (not wanted or any(term.fits(test.owner) for term in wanted))
            and all(term.fits(test.owner) for term in unwanted)
            and (self.state is None or test.state(at) == self.state)
        )

    def wants_execution(self, execution: Execution, suite: Suite) -> bool:
        """Tell whether an execution is of the branch and has the tags."""
        if self.branch is not None and not self.branch.fits(execution.job.build.branch):
            return False
        if not self.tags:
            return True
        tags = {**tags_of(execution.job, suite), "result": execution.result}
        return all(term.fits(*([tags[key]] if key in tags else [])) for key, term in self.tags)


@dataclass(slots=True)
class Summary:
    """A test and its metrics; durations in seconds."""

    suite: Suite
    test: SuiteTest
    counts: Counter[Result] = field(default_factory=Counter)
    total: float = 0.0
    shortest: float | None = None
    longest: float | None = None

    def add(self, execution: Execution) -> None:
        """Count an execution."""
        seconds = execution.seconds
        self.counts[execution.result] += 1
        self.total += seconds
        self.shortest = seconds if self.shortest is None else min(self.shortest, seconds)
        self.longest = seconds if self.longest is None else max(self.longest, seconds)

    @property
    def reliability(self) -> float | None:
        """Passed of passed and failed executions; None without any."""
        ran = self.counts["passed"] + self.counts["failed"]
        return self.counts["passed"] / ran if ran else None

    @property
    def average(self) -> float | None:
        """The mean duration; None when nothing ran."""
        count = self.counts.total()
        return self.total / count if count else None


_METRICS: dict[Metric, Callable[[Summary], float | None]] = {
    "duration_avg": lambda summary: summary.average,
    "duration_sum": lambda summary: summary.total,
    "duration_min": lambda summary: summary.shortest,
    "duration_max": lambda summary: summary.longest,
    "reliability": lambda summary: summary.reliability,
}
METRICS = tuple(_METRICS)


def summaries(
    executions: Iterable[tuple[Suite, Execution]], selection: Selection, at: int
) -> list[Summary]:
    """Return a summary of each wanted test that has wanted executions, in the order wanted."""
    found: dict[str, Summary | None] = {}
    for suite, execution in executions:
        test = execution.test
        if test.id not in found:
            found[test.id] = Summary(suite, test) if selection.wants_test(test, at) else None
        summary = found[test.id]
        if summary is not None and selection.wants_execution(execution, suite):
            summary.add(execution)
    chosen = [
        summary
        for summary in found.values()
        if summary is not None
        and summary.counts
        and all(term.fits(summary.counts) for term in selection.results)
    ]
    return _ordered(chosen, selection)


def _ordered(chosen: list[Summary], selection: Selection) -> list[Summary]:
    """Sort by the metric, those without it last, and equals by id so that pages are stable."""
    metric, sign = _METRICS[selection.sort_by], 1 if selection.ascending else -1

    def rank(summary: Summary) -> tuple[bool, float, str]:
        value = metric(summary)
        return value is None, sign * (value or 0.0), summary.test.id

    return sorted(chosen, key=rank)


@dataclass(slots=True)
class Flake:
    """How often a test failed and then passed on the same commit, and when it last did."""

    test: SuiteTest
    instances: int
    latest: int


def flakes(runs: Sequence[Run], since: int, at: int, branch: Term | None = None) -> list[Flake]:
    """Return the tests that flaked in `[since, at]`, the latest first."""
    found: dict[str, Flake] = {}
    for run in runs:
        if branch is not None and not branch.fits(run.build.branch):
            continue
        for test, moment in run.flaky_instances(at):
            if moment >= since:
                known = found.setdefault(test.id, Flake(test, 0, 0))
                known.instances += 1
                known.latest = max(known.latest, moment)
    return sorted(found.values(), key=lambda flake: (-flake.latest, flake.test.id))
