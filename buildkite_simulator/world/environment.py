"""The environment of a job, as its agent got it."""

from buildkite_simulator.world.model import Job


def environment_of(job: Job) -> dict[str, str]:
    """Return the variables of a command job."""
    build, step = job.build, job.chain.step
    pipeline = build.pipeline
    variables = {
        "CI": "true",
        "BUILDKITE": "true",
        "BUILDKITE_ORGANIZATION_SLUG": pipeline.organization.slug,
        "BUILDKITE_PIPELINE_SLUG": pipeline.slug,
        "BUILDKITE_PIPELINE_ID": pipeline.id,
        "BUILDKITE_REPO": pipeline.repository,
        "BUILDKITE_BUILD_ID": build.id,
        "BUILDKITE_BUILD_NUMBER": str(build.number),
        "BUILDKITE_BRANCH": build.branch,
        "BUILDKITE_COMMIT": build.commit,
        "BUILDKITE_MESSAGE": build.message or "",
        "BUILDKITE_SOURCE": build.source,
        "BUILDKITE_TAG": build.tag or "",
        "BUILDKITE_JOB_ID": job.id,
        "BUILDKITE_LABEL": step.label or "",
        "BUILDKITE_STEP_KEY": step.key or "",
        "BUILDKITE_COMMAND": step.command or "",
        "BUILDKITE_AGENT_META_DATA_QUEUE": step.queue,
        "BUILDKITE_RETRY_COUNT": str(job.chain.attempts.index(job)),
    }
    if step.parallelism:
        variables["BUILDKITE_PARALLEL_JOB"] = str(job.chain.index)
        variables["BUILDKITE_PARALLEL_JOB_COUNT"] = str(step.parallelism)
    variables |= {name: str(value) for name, value in build.env.items()}
    return variables | dict(step.env)
