"""The things of the simulated world. Times are instants (milliseconds since the epoch)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from buildkite_simulator.world.machines import Agent, Queue, Stop
from buildkite_simulator.world.people import Deed, Pause, Schedule, User

Feature = Literal["api_settings", "audit_events", "pipeline_templates", "teams"]
StepType = Literal["script", "waiter", "manual", "trigger"]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a pipeline, with the temper of the jobs made from it."""

    type: StepType = "script"
    key: str | None = None
    label: str | None = None
    command: str | None = None
    queue: str = "default"
    minutes: float = 2.0
    failure: float = 0.0
    flake: float = 0.0
    retries: int = 0
    soft: bool = False
    timeout_minutes: int | None = None
    parallelism: int | None = None
    matrix: tuple[Mapping[str, str], ...] = ()
    group: str | None = None
    branches: str | None = None
    skip: bool = False
    concurrency_group: str | None = None
    artifact_paths: str | None = None
    trigger: str | None = None
    is_async: bool = False
    # How often somebody lets a build pass a block step, once it stands there.
    unblocked: float = 0.72
    env: Mapping[str, str] = field(default_factory=dict)


class Fate(NamedTuple):
    """What will become of one attempt of a job once it may run."""

    result: str = "passed"
    exit_status: int | None = 0
    signal: str | None = None
    signal_reason: str | None = None
    broken_reason: str | None = None
    wait: int = 3_000
    run: int | None = 60_000
    concurrency: int = 0
    promised_after: int | None = None
    retry_type: str | None = None


@dataclass(slots=True, eq=False, repr=False)
class Job:
    """One attempt: a row of the API's `jobs`."""

    id: str
    sequence: int
    chain: "Chain"
    fate: Fate
    created: int
    retry_type: str | None = None
    retried_by: User | None = None
    previous: "Job | None" = None
    next: "Job | None" = None
    ready: int | None = None
    runnable: int | None = None
    started: int | None = None
    finished: int | None = None
    doomed: int | None = None
    result: str = ""
    unblocked: int | None = None
    unblocked_by: User | None = None
    child: "Build | None" = None
    agent: Agent | None = None

    @property
    def type(self) -> StepType:
        """The API's job type."""
        return self.chain.step.type

    @property
    def build(self) -> "Build":
        """The build this attempt belongs to."""
        return self.chain.build

    def __repr__(self) -> str:
        return f"<{self.type} job {self.chain.step.key} {self.id} of {self.build}>"


@dataclass(slots=True, eq=False, repr=False)
class Chain:
    """A logical job: its attempts so far and the fates of those to come."""

    build: "Build"
    step: Step
    position: int
    gate: Literal["waiting", "blocked"] = "waiting"
    index: int | None = None
    matrix: Mapping[str, str] | None = None
    fates: list[Fate] = field(default_factory=list)
    attempts: list[Job] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<{len(self.attempts)} attempts of {self.step.key} in {self.build}>"


@dataclass(frozen=True, slots=True)
class Stage:
    """A period in which a build is open: from a start or reopening until it stops."""

    opened: int
    closed: int
    started: int | None
    by_retry: bool
    at_block: bool


@dataclass(slots=True, eq=False, repr=False)
class Build:
    """A build: what was asked for, its chains, and what follows from them.

    The API tells of it from `shown_from` on, which may be after it was created.
    """

    id: str
    number: int
    pipeline: "Pipeline"
    created: int
    branch: str
    commit: str
    message: str | None = None
    source: str = "webhook"
    author: Mapping[str, Any] | str | None = None
    creator: User | None = None
    env: Mapping[str, Any] = field(default_factory=dict)
    meta_data: Mapping[str, Any] = field(default_factory=dict)
    tag: str | None = None
    pull_request: Mapping[str, Any] | None = None
    merge_queue_base: str | None = None
    rebuilt_from: "Build | None" = None
    triggered_by: Job | None = None
    breaks: frozenset[str] = frozenset()
    chains: list[Chain] = field(default_factory=list)
    shown_from: int = 0
    jobs_made: int = 0
    ended: Literal["canceled", "skipped", "not_run"] | None = None
    ended_at: int | None = None
    closed_at: int | None = None
    cancel_reason: str | None = None
    stages: list[Stage] = field(default_factory=list)
    failing_at: int | None = None
    events: list[int] | None = None
    version: int = 0
    view: Any = None

    def __repr__(self) -> str:
        return f"<build {self.pipeline.slug}#{self.number}>"

    def attempts(self) -> Iterator[Job]:
        """Yield every attempt planned so far, chain by chain."""
        for chain in self.chains:
            yield from chain.attempts

    def visible_jobs(self, at: int) -> list[Job]:
        """Return the attempts that exist at an instant, chain by chain."""
        return [job for job in self.attempts() if job.created <= at]


@dataclass(slots=True, eq=False, repr=False)
class Pipeline:
    """A pipeline and its builds, oldest first.

    `configuration` is the text its steps were made from, if somebody sent one; `settings` are
    fields of the API that change nothing here but what is shown.
    """

    id: str
    organization: "Organization"
    slug: str
    name: str
    created: int
    steps: tuple[Step, ...]
    cluster_id: str | None = None
    description: str | None = None
    repository: str = ""
    default_branch: str = "main"
    created_by: User | None = None
    archived: int | None = None
    configuration: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    tags: list[str] | None = None
    emoji: str | None = None
    color: str | None = None
    visibility: str = "private"
    uploads: bool = False
    skip_queued: bool = False
    cancel_running: bool = False
    schedules: list[Schedule] = field(default_factory=list)
    next_number: int = 1
    builds: list[Build] = field(default_factory=list)
    numbers: dict[int, Build] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<pipeline {self.organization.slug}/{self.slug}>"


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A cluster of an organization."""

    id: str
    name: str
    organization: "Organization"
    created: int

    @property
    def queues(self) -> list[Queue]:
        """Its queues, newest first."""
        queues = [each for each in self.organization.queues.values() if each.cluster_id == self.id]
        return queues[::-1]

    @property
    def is_hosted(self) -> bool:
        """Whether Buildkite runs its agents: here, where they are Macs."""
        return any(queue.os == "darwin" for queue in self.queues)


@dataclass(slots=True, eq=False, repr=False)
class Organization:
    """An organization: its people, queues, pipelines and builds, oldest first.

    `journal` is what its audit log tells of moves, `pauses` are those of its queues, by queue id,
    `stops` and `agent_pauses` those of its agents that somebody made, by agent id and, for pauses,
    by when they began. `withheld` is what its plan lacks; `hostile` lets names be such as an
    attacker would choose.
    """

    id: str
    slug: str
    name: str
    created: int
    users: list[User] = field(default_factory=list)
    queues: dict[str, Queue] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    pipelines: list[Pipeline] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    journal: list[Deed] = field(default_factory=list)
    pauses: dict[str, list[Pause]] = field(default_factory=dict)
    stops: dict[str, Stop] = field(default_factory=dict)
    agent_pauses: dict[str, dict[int, Pause]] = field(default_factory=dict)
    withheld: set[Feature] = field(default_factory=set)
    hostile: bool = False

    def __repr__(self) -> str:
        return f"<organization {self.slug}>"
