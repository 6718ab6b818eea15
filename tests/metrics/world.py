"""Builds and jobs by hand: only what a case is about has to be said."""

from typing import Any

from .warehouse import Row, Warehouse, at

# Far enough after the cases for every build to lie in the last seven days.
AS_OF = 4 * 24 * 60


class World:
    """Rows of one organization; times are minutes from the start."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self._jobs = 0
        self._pipelines: dict[str, Row] = {}

    def pipeline(self, slug: str, **columns: Any) -> None:
        row = {"id": slug, "slug": slug, "default_branch": "main", **columns}
        self._pipelines[slug] = {**_ORGANIZATION, **row}
        self.warehouse.insert("pipelines", [self._pipelines[slug]])

    def build(
        self,
        number: int,
        state: str = "passed",
        *,
        created: float = 0,
        started: float | None = None,
        finished: float | None = None,
        pipeline: str = "web",
        **columns: Any,
    ) -> str:
        """Add a build that starts at once and takes ten minutes, and return its id."""
        if pipeline not in self._pipelines:
            self.pipeline(pipeline)
        is_over = state in ("passed", "failed", "canceled")
        end = finished if finished is not None else created + 10 if is_over else None
        row = {
            "id": f"{pipeline}/{number}",
            "pipeline_id": pipeline,
            "pipeline_slug": pipeline,
            "number": number,
            "state": state,
            "blocked": False,
            "branch": "main",
            "commit": f"commit {number}",
            "created_at": at(created),
            "started_at": at(started if started is not None else created),
            "finished_at": None if end is None else at(end),
            "fetched_at": at(AS_OF),
            **columns,
        }
        self.warehouse.insert("builds", [{**_ORGANIZATION, **row}])
        return str(row["id"])

    def job(
        self,
        build: str,
        step: str | None,
        state: str = "passed",
        *,
        runnable: float | None = 0,
        started: float | None = 1,
        finished: float | None = 2,
        retry_of: str | None = None,
        **columns: Any,
    ) -> str:
        """Add an attempt and return its id; `retry_of` names the attempt it replaces."""
        self._jobs += 1
        key = f"job {self._jobs:03}"
        row = {
            "id": key,
            "pipeline_id": build.split("/")[0],
            "pipeline_slug": build.split("/")[0],
            "build_id": build,
            "build_number": int(build.split("/")[1]),
            "type": "script",
            "step_key": step,
            "state": state,
            "soft_failed": False,
            "retried": False,
            "created_at": at(0),
            "runnable_at": None if runnable is None else at(runnable),
            "started_at": None if started is None else at(started),
            "finished_at": None if finished is None else at(finished),
            "retry_source_job_id": retry_of,
            "retry_source_type": "automatic" if retry_of else None,
            "fetched_at": at(AS_OF),
            **columns,
        }
        self.warehouse.insert("jobs", [{**_ORGANIZATION, **row}])
        if retry_of:
            self.warehouse.query(
                f"UPDATE ci.jobs SET retried = TRUE, retried_in_job_id = '{key}', "
                f"retry_type = '{row['retry_source_type']}' WHERE id = '{retry_of}' RETURNING id"
            )
        return key


_ORGANIZATION = {"organization_id": "acme", "organization_slug": "acme"}
