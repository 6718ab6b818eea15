"""What is downloaded, and what became of it."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file that a job uploaded (https://buildkite.com/docs/apis/rest-api/artifacts).

    Attributes:
        organization_slug: Organization.
        pipeline_slug: Pipeline.
        build_number: Build, by its number within the pipeline.
        job_id: Job that uploaded it (UUID).
        id: Artifact (UUID).
        path: Path as it was uploaded; anything a program may have chosen, so not to be trusted.
        file_size: Bytes, or None where the API told none.
        sha1sum: SHA-1 of the content as 40 hexadecimal digits, or None where the API told none.
        state: `new`, `error`, `finished`, `deleted` or `expired`.
    """

    organization_slug: str
    pipeline_slug: str
    build_number: int
    job_id: str
    id: str
    path: str
    file_size: int | None
    sha1sum: str | None
    state: str = "finished"

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "Artifact":
        """Return the artifact of a row with the fields in their order, of which any may be None.

        What an artifact cannot do without is empty then; see `lacking`.
        """
        organization, pipeline, number, job, id_, path, size, sha1sum, state = row
        texts = (organization or "", pipeline or "", number or 0, job or "", id_, path or "")
        return cls(*texts, size, sha1sum, state or "unknown")

    @property
    def lacking(self) -> str:
        """Name of what is not known of it and has to be to ask the API for its content, or ""."""
        needed = {
            "organization": self.organization_slug,
            "pipeline": self.pipeline_slug,
            "build": self.build_number,
            "job": self.job_id,
            "path": self.path,
        }
        return next((name for name, value in needed.items() if not value), "")


class Status(StrEnum):
    """What became of one artifact."""

    DOWNLOADED = "downloaded"
    PRESENT = "already there"
    SKIPPED = "skipped"
    GONE = "gone"
    LEFT = "left for another run"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of `artifact`.

    Attributes:
        artifact: The artifact.
        status: Gone and skipped ones need no further run; left and failed ones do.
        name: Where it is, relative to the target; "" unless it was downloaded or already there.
        reason: Why it is not there, for people; never holds a token or a signed address.
    """

    artifact: Artifact
    status: Status
    name: str = ""
    reason: str = ""


@dataclass(slots=True)
class DownloadReport:
    """What became of all artifacts; each is counted once.

    Attributes:
        counts: Artifacts by status.
        problems: Outcomes that were neither downloaded nor already there, in order.
        bytes: Bytes received from storage, those of failed attempts included.
        requests: Requests sent to the API, those that were repeated included.
        ended: Why the run ended before it had tried every artifact, or "".
    """

    counts: Counter[Status] = field(default_factory=Counter)
    problems: list[Outcome] = field(default_factory=list)
    bytes: int = 0
    requests: int = 0
    ended: str = ""

    def add(self, outcome: Outcome) -> None:
        """Count an outcome."""
        self.counts[outcome.status] += 1
        if outcome.status not in (Status.DOWNLOADED, Status.PRESENT):
            self.problems.append(outcome)

    @property
    def complete(self) -> bool:
        """Whether another run would find nothing to do: none has failed or is left."""
        return not self.counts[Status.FAILED] and not self.counts[Status.LEFT]


def wanted(artifacts: Iterable[Artifact], patterns: Sequence[str]) -> list[Artifact]:
    r"""Return the artifacts whose path matches one of the patterns, in their order.

    A pattern means what it means to the API's `path` filter
    (https://buildkite.com/docs/apis/rest-api/artifacts): it has to match the whole path, case
    counts, `*` stands for any characters or none, slashes included, and every other character,
    `?`, `[` and `\` too, for itself. So `*.xml` matches `reports/junit.xml`, and `junit*.xml`
    does not: that takes `*junit*.xml`.

    Args:
        artifacts: Artifacts of any state.
        patterns: Patterns; none at all match everything.
    """
    expressions = [
        re.compile(".*".join(map(re.escape, re.split(r"\*+", pattern))), re.DOTALL)
        for pattern in patterns
    ]
    return [
        artifact
        for artifact in artifacts
        if not patterns or any(each.fullmatch(artifact.path) for each in expressions)
    ]
