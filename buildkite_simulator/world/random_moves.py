"""A random mix of moves, for tests that hold for whatever happens."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from buildkite_simulator.world.annotations import Style
from buildkite_simulator.world.model import Build, Job, Pipeline
from buildkite_simulator.world.state import is_blocking
from buildkite_simulator.world.store import RefusedError
from buildkite_simulator.world.world import World

_STYLES: tuple[Style | None, ...] = (None, "info", "warning")
_LATEST = 4 * 60
_OUTCOMES = ("passed", "passed", "failed", "timed_out", "agent_lost", "promised", "skipped")


class _Mover:
    """Picks things at random and moves them."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.at = world.catch_up()

    def create(self, shown_after: timedelta | None = None) -> str:
        pipeline = self._pipeline()
        keys = [step.key for step in pipeline.steps if step.type == "script" and step.key]
        outcomes = {key: self.rng.choice(_OUTCOMES) for key in keys if self.rng.random() < 0.3}
        branch = self.rng.choice((pipeline.default_branch, "feature/one", "feature/zwölf"))
        build = self.world.create_build(
            pipeline.organization,
            pipeline,
            branch=branch,
            outcomes=outcomes,
            not_run=self.rng.random() < 0.05,
            shown_after=shown_after,
        )
        return f"created {_name(build)}"

    def create_late(self) -> str:
        seconds = self.rng.randint(1, _LATEST)
        return f"{self.create(timedelta(seconds=seconds))}, shown after {seconds} s"

    def retry(self) -> str:
        job = self._job(lambda job: job.type == "script")
        return f"retried {job.id} in {self.world.retry_job(job).id}"

    def retry_failed(self) -> str:
        build = self._build()
        return f"retried {len(self.world.retry_failed_jobs(build))} jobs of {_name(build)}"

    def unblock(self) -> str:
        return f"unblocked {self.world.unblock(self._job(self._blocks)).id}"

    def cancel(self) -> str:
        return f"canceled {_name(self.world.cancel_build(self._build()))}"

    def skip(self) -> str:
        return f"skipped {_name(self.world.skip_build(self._build()))}"

    def rebuild(self) -> str:
        return f"rebuilt as {_name(self.world.rebuild(self._build()))}"

    def archive(self) -> str:
        pipeline = self._pipeline()
        if pipeline.archived is None:
            self.world.archive_pipeline(pipeline.organization, pipeline)
        else:
            self.world.unarchive_pipeline(pipeline.organization, pipeline)
        return f"moved {pipeline.slug} into or out of the archive"

    def rename(self) -> str:
        pipeline = self._pipeline()
        old, new = pipeline.slug, f"{pipeline.slug.split('--')[0]}--{self.rng.randrange(10_000)}"
        self.world.rename_pipeline(pipeline.organization, pipeline, new)
        return f"renamed {old} to {new}"

    def delete(self) -> str:
        pipeline = self._pipeline()
        if len(pipeline.organization.pipelines) < 3:
            raise RefusedError(422, "a world needs some pipelines")
        self.world.delete_pipeline(pipeline.organization, pipeline)
        return f"deleted {pipeline.slug}"

    def expire(self) -> str:
        builds = self.world.builds(self._pipeline().organization)
        if not builds:
            raise RefusedError(404, "No build found")
        self.world.expire(builds[-1])
        return f"expired {_name(builds[-1])}"

    def annotate(self) -> str:
        target: Build | Job = self._build()
        if self.rng.random() < 0.3:
            target = self._job(lambda job: job.type == "script")
        context = self.rng.choice(("default", "test-failures", "coverage", "note"))
        body = f"<p>Note {self.rng.randrange(1_000)}</p>"
        style = self.rng.choice(_STYLES)
        append = self.rng.random() < 0.5
        self.world.annotate(target, body, context=context, style=style, append=append)
        return f"annotated {target}"

    def remove_annotation(self) -> str:
        build = self._build()
        notes = self.world.annotations(build)
        if not notes:
            raise RefusedError(404, "No annotation found")
        note = self.rng.choice(notes)
        self.world.remove_annotation(build, note.id)
        return f"removed annotation {note.context} of {_name(build)}"

    def plant_artifact(self) -> str:
        job = self._job(lambda job: job.type == "script")
        content = self.rng.randbytes(self.rng.randint(0, 500))
        path = f"late/file-{self.rng.randrange(100)}.bin"
        return f"planted {self.world.plant_artifact(job, path, content).path} in {job.id}"

    def remove_artifact(self) -> str:
        build = self._build()
        artifacts = self.world.artifacts(build)
        if not artifacts:
            raise RefusedError(404, "No artifact found")
        artifact = self.rng.choice(artifacts)
        self.world.remove_artifact(artifact)
        return f"removed {artifact.path} of {_name(build)}"

    def delete_log(self) -> str:
        job = self._job(lambda job: job.type == "script")
        self.world.delete_log(job)
        return f"deleted the log of {job.id}"

    def _pipeline(self) -> Pipeline:
        return self.rng.choice([p for o in self.world.organizations for p in o.pipelines])

    def _build(self) -> Build:
        """Prefer recent builds: moves seldom concern old ones."""
        builds = self.world.builds(self._pipeline().organization)
        if not builds:
            raise RefusedError(404, "No build found")
        return builds[min(int(self.rng.expovariate(1 / 25)), len(builds) - 1)]

    def _job(self, fits: Callable[[Job], bool]) -> Job:
        jobs = [job for job in self._build().visible_jobs(self.at) if fits(job)]
        if not jobs:
            raise RefusedError(404, "No job found")
        return self.rng.choice(jobs)

    def _blocks(self, job: Job) -> bool:
        return is_blocking(job, self.at)


def make_random_moves(
    world: World, rng: Random, count: int, *, attachments: bool = False, late: bool = False
) -> list[str]:
    """Make `count` moves that the world allows; return what was done."""
    done: list[str] = []
    with world.lock:
        mover = _Mover(world, rng)
        moves = {
            mover.create: 30,
            mover.retry: 25,
            mover.retry_failed: 10,
            mover.unblock: 20,
            mover.cancel: 10,
            mover.skip: 4,
            mover.rebuild: 8,
            mover.archive: 2,
            mover.rename: 1,
            mover.delete: 0.3,
            mover.expire: 2,
        }
        if attachments:
            moves |= {
                mover.annotate: 25,
                mover.remove_annotation: 5,
                mover.plant_artifact: 10,
                mover.remove_artifact: 5,
                mover.delete_log: 5,
            }
        if late:
            moves[mover.create_late] = 15
        tries = 0
        while len(done) < count and tries < 200 * (count + 1):
            tries += 1
            try:
                done.append(rng.choices(list(moves), list(moves.values()))[0]())
            except RefusedError:
                continue
    return done


def _name(build: Build) -> str:
    return f"{build.pipeline.slug}#{build.number}"
