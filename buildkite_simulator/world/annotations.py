"""Annotations: what jobs and people wrote onto a build, folded from what each of them said."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Literal, NamedTuple

from buildkite_simulator.instants import time_ordered_uuid
from buildkite_simulator.world import annotation_bodies
from buildkite_simulator.world.model import Build, Job

Style = Literal["success", "info", "warning", "error"]
STYLES: tuple[Style, ...] = ("success", "info", "warning", "error")
DEFAULT_PRIORITY = 3
TESTS = frozenset({"test", "unit", "browser", "integration", "e2e", "devices", "smoke"})
_COVERED = frozenset({"test", "unit"})
_LINTERS = frozenset({"lint", "types", "validate", "links", "licences"})
_DEPLOYS = frozenset({"production", "publish", "apply", "upload-store"})


class Saying(NamedTuple):
    """One call of `annotate`: a new annotation, a new text for one, more text, or its removal."""

    at: int
    context: str
    job: Job | None
    text: str | None
    html: str | None
    style: Style | None
    priority: int = DEFAULT_PRIORITY
    append: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation as it is at an instant; `job` is set in job scope only."""

    id: str
    build: Build
    job: Job | None
    context: str
    style: Style | None
    priority: int
    text: str
    html: str
    created: int
    updated: int

    @property
    def scope(self) -> Literal["build", "job"]:
        """Whether it belongs to the build or to one job."""
        return "build" if self.job is None else "job"


def annotations_of(
    build: Build, at: int, seed: int, sayings: Iterable[Saying] = ()
) -> list[Annotation]:
    """Return a build's annotations of both scopes at an instant, newest first.

    Args:
        build: The build.
        at: The instant.
        seed: The world's seed.
        sayings: What was said besides what the jobs say of themselves.
    """
    said = [each for each in _by_jobs(build, at, seed) if each.at <= at]
    said += [each for each in sayings if each.at <= at]
    standing: dict[tuple[str | None, str], Annotation] = {}
    for each in sorted(said, key=lambda saying: saying.at):
        key = each.job.id if each.job else None, each.context
        if each.text is None:
            standing.pop(key, None)
        else:
            standing[key] = _told(build, each, standing.get(key))
    return sorted(standing.values(), key=lambda note: (-note.created, note.id))


def _told(build: Build, saying: Saying, known: Annotation | None) -> Annotation:
    text, html = saying.text or "", saying.html or ""
    if known is None:
        mark = saying.job.id if saying.job else ""
        return Annotation(
            id=time_ordered_uuid(saying.at, build.id, "annotation", mark, saying.context),
            build=build,
            job=saying.job,
            context=saying.context,
            style=saying.style,
            priority=saying.priority,
            text=text,
            html=html,
            created=saying.at,
            updated=saying.at,
        )
    if saying.append:
        text, html = known.text + text, known.html + html
    return replace(
        known,
        style=saying.style or known.style,
        priority=saying.priority,
        text=text,
        html=html,
        updated=saying.at,
    )


def _by_jobs(build: Build, at: int, seed: int) -> Iterator[Saying]:
    """Yield what the jobs that have finished said; it depends on nothing that may yet change."""
    for job in build.attempts():
        if job.type != "script" or job.finished is None or job.finished > at or not job.started:
            continue
        key, rng = job.chain.step.key, Random(f"{seed}/{job.id}/annotations")
        failed, passed = job.result == "failed", job.result == "passed"
        label = job.chain.step.label or "Command"
        if key in TESTS and failed and job.fate.exit_status != -1:
            body = annotation_bodies.failed_tests(rng, job.id, label)
            yield _saying(job, "test-failures", body, "error", append=True)
        elif key in _COVERED and passed and not job.chain.index and _measures(build):
            yield _saying(job, "coverage", annotation_bodies.coverage(rng), "info")
        elif key in _LINTERS and failed:
            yield _saying(job, "lint", annotation_bodies.lint(rng), "warning", in_job=True)
        elif key in _DEPLOYS and passed:
            body = annotation_bodies.deployed(build.commit, key or "")
            yield _saying(job, f"deploy-{key}", body, "success", priority=5)
        elif key == "plan" and passed:
            yield _saying(job, "plan", annotation_bodies.plan(rng), None)


def _measures(build: Build) -> bool:
    """Tell whether a pipeline measures coverage; about half of them do."""
    return int(build.pipeline.id[-2:], 16) % 2 == 0


def _saying(
    job: Job,
    context: str,
    body: str,
    style: Style | None,
    *,
    append: bool = False,
    priority: int = DEFAULT_PRIORITY,
    in_job: bool = False,
) -> Saying:
    owner = job if in_job else None
    return Saying(job.finished or 0, context, owner, body, body, style, priority, append)


def as_html(text: str) -> str:
    """Render an annotation's text; what already is HTML stays as it is."""
    return text if text.lstrip().startswith("<") else f"<p>{_escaped(text)}</p>\n"


def _escaped(text: str) -> str:
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return text


def find(notes: Sequence[Annotation], identity: str) -> Annotation | None:
    """Return the annotation of an id."""
    return next((note for note in notes if note.id == identity), None)
