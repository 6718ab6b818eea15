"""Each action on something in the world that it can be done to, and how often it was done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from buildkite_source.actions.of_builds import MARK
from buildkite_source.windows import to_api
from tests.source.conftest import PRESENT

from .conftest import ORGANIZATION, Acts, of


@dataclass(frozen=True)
class Case:
    """One action.

    Attributes:
        name: Of the action.
        row: Returns its target and fields, and makes the world such that it can be done.
        done: Returns how often it was done, or whether.
        status: Of the answer.
    """

    name: str
    row: Callable[[Acts], dict[str, Any]]
    done: Callable[[Acts, Mapping[str, Any]], int]
    status: int = 200

    @property
    def key(self) -> str:
        return f"test/{self.name}"

    def asks(self, act: Acts) -> dict[str, Any]:
        """Return the whole row; all cases can be done in one world."""
        return {"key": self.key, "action": self.name, **self.row(act)}


def _build(act: Acts, row: Mapping[str, Any], **query: Any) -> dict[str, Any]:
    path = f"/pipelines/{row['pipeline']}/builds/{row['number']}"
    found: dict[str, Any] = act.get(path, include_retried_jobs="true", **query)
    return found


def _marked(act: Acts, row: Mapping[str, Any]) -> int:
    return len(
        act.get(f"/pipelines/{row['pipeline']}/builds", **{f"meta_data[{MARK}]": row["key"]})
    )


def _rebuilds(act: Acts, row: Mapping[str, Any]) -> int:
    builds = act.get(f"/pipelines/{row['pipeline']}/builds")
    return sum((one["rebuilt_from"] or {}).get("number") == row["number"] for one in builds)


def _to_cancel(act: Acts) -> dict[str, Any]:
    return of(act.builds("running")[0])


def _failed_job(act: Acts, *, oldest: bool = False) -> dict[str, Any]:
    builds = act.builds("failed")
    for build in reversed(builds) if oldest else builds:
        for job in build["jobs"]:
            if job["type"] == "script" and job["state"] == "failed" and not job["retried"]:
                return {**of(build), "job_id": job["id"]}
    raise AssertionError("the world has no failed job")


def _retries(build: Mapping[str, Any]) -> list[str]:
    """Return when jobs of a build were retried by hand, in the present of the world."""
    sources = [(job.get("retry_source") or {}, job.get("created_at")) for job in build["jobs"]]
    manual = [made for source, made in sources if source.get("retry_type") == "manual"]
    return [made for made in manual if made >= to_api(PRESENT).rstrip("Z")]


def _retried(act: Acts, row: Mapping[str, Any]) -> int:
    return len(_retries(_build(act, row)))


def _build_that_failed(act: Acts) -> dict[str, Any]:
    row = _failed_job(act, oldest=True)
    del row["job_id"]
    return row


def _failed_now(act: Acts, row: Mapping[str, Any]) -> int:
    # A build has several failed jobs; retried at once they are done once.
    return len(set(_retries(_build(act, row))))


def _block(act: Acts) -> dict[str, Any]:
    (build, *_) = act.builds("passed", blocked=True)
    (job, *_) = [one for one in build["jobs"] if one.get("state") == "blocked"]
    return {**of(build), "job_id": job["id"]}


def _unblocked(act: Acts, row: Mapping[str, Any]) -> int:
    states = {job["id"]: job.get("state") for job in _build(act, row)["jobs"]}
    return int(states[row["job_id"]] == "unblocked")


def _annotations(act: Acts, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    path = f"/pipelines/{row['pipeline']}/builds/{row['number']}/annotations"
    found: list[dict[str, Any]] = act.get(path)
    return [one for one in found if one["context"] == "test"]


def _annotated(act: Acts, row: Mapping[str, Any]) -> int:
    (one,) = _annotations(act, row) or [{"body_html": ""}]
    return int(one["body_html"].count("well"))


def _to_annotate(act: Acts) -> dict[str, Any]:
    row = of(act.builds("passed")[0])
    return {**row, "body": "well, ", "context": "test", "append": True, "style": "info"}


def _to_remove(act: Acts) -> dict[str, Any]:
    row = of(act.builds("passed")[1])
    made = act.one(key="to remove", action="annotate", **row, body="x", context="test")
    return {**row, "annotation_id": made.answer_id}


def _pipelines(act: Acts, row: Mapping[str, Any]) -> int:
    return sum(one["name"] == row["name"] for one in act.get("/pipelines"))


def _updated(act: Acts, row: Mapping[str, Any]) -> int:
    return int(act.get(f"/pipelines/{row['pipeline']}")["description"] == row["description"])


def _archived(act: Acts, row: Mapping[str, Any]) -> int:
    return int(bool(act.get(f"/pipelines/{row['pipeline']}").get("archived_at")))


def _in_archive(act: Acts) -> dict[str, Any]:
    row = {"organization": ORGANIZATION, "pipeline": "deploy-orders"}
    act.one(key="to unarchive", action="archive_pipeline", **row)
    return row


def _agent(act: Acts, place: int) -> dict[str, Any]:
    agents = act.get("/agents")
    free = [each for each in agents if each["connection_state"] == "connected"]
    return {"organization": ORGANIZATION, "agent_id": free[place]["id"]}


def _paused_agent(act: Acts) -> dict[str, Any]:
    row = _agent(act, 2)
    act.one(key="to resume", action="pause_agent", **row)
    return row


def _agent_is(act: Acts, row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = act.get(f"/agents/{row['agent_id']}")
    return found


_WEB = {"organization": ORGANIZATION, "pipeline": "mobile-app"}

CASES = (
    Case(
        "create_build",
        lambda act: {**_WEB, "commit": "HEAD", "branch": "main", "env": {"A": "1"}},
        _marked,
        201,
    ),
    Case("rebuild", lambda act: of(act.builds("passed")[0]), _rebuilds),
    Case("cancel", _to_cancel, lambda act, row: _build(act, row)["state"].startswith("cancel")),
    Case("retry_failed_jobs", _build_that_failed, _failed_now, 202),
    Case("retry_job", _failed_job, _retried),
    Case("unblock_job", _block, _unblocked),
    Case("annotate", _to_annotate, _annotated, 201),
    Case("remove_annotation", _to_remove, lambda act, row: not _annotations(act, row), 204),
    Case(
        "create_pipeline",
        lambda act: {
            "organization": ORGANIZATION,
            "name": "New one",
            "repository": "git@example.com:new.git",
            "configuration": "steps:\n- command: make\n",
        },
        _pipelines,
        201,
    ),
    Case("update_pipeline", lambda act: {**_WEB, "description": "told anew"}, _updated),
    Case(
        "archive_pipeline",
        lambda act: {"organization": ORGANIZATION, "pipeline": "deploy-storefront"},
        _archived,
    ),
    Case("unarchive_pipeline", _in_archive, lambda act, row: not _archived(act, row)),
    Case(
        "stop_agent",
        lambda act: {**_agent(act, 0), "force": True},
        lambda act, row: _agent_is(act, row)["connection_state"] != "connected",
        204,
    ),
    Case(
        "pause_agent",
        lambda act: {**_agent(act, 1), "note": "mended", "timeout_in_minutes": 30},
        lambda act, row: _agent_is(act, row)["paused"],
        204,
    ),
    Case("resume_agent", _paused_agent, lambda act, row: not _agent_is(act, row)["paused"], 204),
)
