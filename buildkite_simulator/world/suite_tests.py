"""The tests of a suite: who they are, what they are like, and whether they are quarantined."""

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Literal

from buildkite_simulator.instants import DAY, time_ordered_uuid
from buildkite_simulator.world.model import Job, Pipeline
from buildkite_simulator.world.suites import Suite

TestState = Literal["enabled", "muted", "skipped"]
TEST_STATES: tuple[TestState, ...] = ("enabled", "muted", "skipped")
_QUARANTINE = 4 * DAY
_TOPICS = ("checkout", "cart", "login", "search", "payments", "profile", "shipping", "inventory")
_CASES = (
    "keeps the discount after a reload",
    "rejects an expired card",
    'escapes <script> & "quotes" in names',
    "sorts by price, then by name",
    "retries once when the gateway times out",
    "shows prices in ¥ and €",
)


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """A test; `seconds` is how long it usually takes, `quarantine` what is done when it is bad."""

    id: str
    suite_id: str
    scope: str
    name: str
    file_name: str
    location: str
    owner: str
    labels: tuple[str, ...] = ()
    seconds: float = 0.2
    is_flaky: bool = False
    is_pending: bool = False
    quarantine: TestState = "enabled"
    phase: int = 0

    def state(self, at: int) -> TestState:
        """Return its state at an instant: the quarantined return after some days, and go again."""
        away = (at + self.phase) // _QUARANTINE % 2 == 1
        return self.quarantine if away else "enabled"


def tests_of(suite: Suite, pipeline: Pipeline) -> tuple[SuiteTest, ...]:
    """Return the tests of a pipeline's repository that report to a suite."""
    reporting = [step for step in pipeline.steps if step.key in suite.steps]
    if not reporting:
        return ()
    shards = max(step.parallelism or 1 for step in reporting)
    count = 12 + int(pipeline.id[-2:], 16) % 13 + 2 * shards
    return _tests(suite, pipeline.id, repository_name(pipeline), pipeline.created, count)


def shard_of(job: Job, suite: Suite) -> tuple[SuiteTest, ...]:
    """Return the tests a job runs: all, or every n-th of n parallel jobs."""
    tests = tests_of(suite, job.build.pipeline)
    return (
        tests if job.chain.index is None else tests[job.chain.index :: job.chain.step.parallelism]
    )


def planted_test(suite: Suite, pipeline: Pipeline, name: str) -> SuiteTest:
    """Return a test of any name."""
    repository = repository_name(pipeline)
    return SuiteTest(
        id=time_ordered_uuid(pipeline.created, suite.id, pipeline.id, "planted", name),
        suite_id=suite.id,
        scope=f"{repository}: planted",
        name=name,
        file_name="planted.test.ts",
        location="planted.test.ts:1",
        owner=repository.split("-")[0],
    )


def repository_name(pipeline: Pipeline) -> str:
    """Return the repository's own name, which outlives a pipeline's renaming."""
    return pipeline.repository.rpartition("/")[2].removesuffix(".git")


@lru_cache(maxsize=2_000)
def _tests(
    suite: Suite, pipeline_id: str, repository: str, created: int, count: int
) -> tuple[SuiteTest, ...]:
    rng = Random(f"{suite.id}/{pipeline_id}/tests")
    return tuple(
        _test(suite, pipeline_id, repository, created, number, rng) for number in range(count)
    )


def _test(
    suite: Suite, pipeline_id: str, repository: str, created: int, number: int, rng: Random
) -> SuiteTest:
    topic, case = _TOPICS[number % len(_TOPICS)], _CASES[number // len(_TOPICS) % len(_CASES)]
    again = number // (len(_TOPICS) * len(_CASES))
    file_name = suite.files.format(topic)
    seconds, roll = rng.lognormvariate(-1.2, 1.3), rng.random()
    labels = [
        label for label, applies in (("flaky", roll < 0.25), ("slow", seconds > 1)) if applies
    ]
    # The first tests are plain, so that a small repository, too, has some that can fail.
    plain = number < 4
    return SuiteTest(
        id=time_ordered_uuid(created, suite.id, pipeline_id, "test", number),
        suite_id=suite.id,
        scope=f"{repository}: {topic}",
        name=f"{case} ({again + 1})" if again else case,
        file_name=file_name,
        location=f"{file_name}:{rng.randint(5, 400)}",
        owner=repository.split("-")[0],
        labels=tuple(labels),
        seconds=seconds,
        is_flaky=roll < 0.25,
        is_pending=not plain and 0.25 <= roll < 0.29,
        quarantine="enabled" if plain or roll > 0.4 else "muted" if roll < 0.25 else "skipped",
        phase=rng.randrange(2 * _QUARANTINE),
    )
