"""What the API reference leaves open, as switches: a correct loader works under every setting."""

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints


@dataclass
class Switches:
    """One attribute per behaviour that no source pins down; may be changed while serving.

    Each comment names the place in the reference that marks it unknown or contradictory.
    """

    # builds-incremental.md "Build timestamps": `finished_at` of a build that runs again is null
    # until it finishes anew, or stays until the new value, or never moves again.
    finished_at: Literal["cleared", "kept", "never_moves"] = "cleared"
    # builds-incremental.md "Filters and ordering": does `finished_from` match builds that run
    # again? Only matters while their `finished_at` is not cleared.
    finished_from_matches_reopened: bool = True
    # builds-incremental.md "Build timestamps": does a blocked build have a `finished_at`?
    blocked_has_finished_at: bool = True
    # builds-incremental.md "Build timestamps": one page counts skipped and not_run as finished.
    skipped_has_finished_at: bool = False
    # builds-incremental.md "Build life": the state a reopened build shows before a job starts.
    reopened_state: Literal["running", "scheduled"] = "running"
    # builds-incremental.md "Build timestamps": documented that `started_at` can move; not when.
    started_at_moves: bool = True
    # builds-incremental.md "Filters and ordering": does `state=blocked` match blocked builds?
    state_blocked_matches_blocked: bool = True
    # builds-incremental.md "Filters and ordering": does `state=passed` match a blocked build
    # whose REST state reads `passed`?
    state_passed_matches_blocked: bool = True
    # conventions.md "Pagination" and "Cursors": `per_page` over 100 on page-number lists, on
    # notification services, step uploads and packages.
    per_page_over_maximum: Literal["clamp", "reject"] = "clamp"
    # conventions.md "Pagination": the depth at which build lists answer 400, in builds.
    deep_limit: int | None = 10_000
    # conventions.md "Pagination": `first` and `last` may be absent from `Link`.
    link_relations: Literal["all", "next_only"] = "all"
    # conventions.md "Unpaginated or unclear": lists of members (of organizations and teams),
    # suites of a team, maintainers, templates, repositories, registries, their tokens, muted and
    # skipped tests come in pages; whole; or whole whatever the `page`, which `Link` names all the
    # same.
    unclear_lists: Literal["paged", "whole", "page_ignored"] = "paged"
    # conventions.md "Cursors": do the lists of jobs, notification services, step uploads and
    # packages send a `Link` header too?
    cursor_link_header: bool = False
    # resources.md "Pipeline": are archived pipelines in the list?
    archived_pipelines_listed: bool = True
    # conventions.md "Timestamps": the two forms of dates of pipelines and access tokens.
    pipeline_dates: Literal["iso", "spaced"] = "iso"
    # resources.md "Pipeline": `clone_mirror_url` and alike are absent when the feature is off.
    optional_pipeline_fields: bool = True
    # resources.md "Job": a waiter carried only id, graphql_id and type in 2023.
    waiter_fields: Literal["bare", "full"] = "bare"
    # resources.md "Job": times on waiter and manual jobs are marked unknown.
    gate_times: bool = False
    # resources.md "Job": the agent in a job varies from `{id, url, name}` to the whole agent.
    job_agent: Literal["full", "brief"] = "full"
    # resources.md "Agent": `os_id`, `queue`, `connected_at` and others may be absent.
    optional_agent_fields: bool = True
    # endpoints.md "Write endpoints": a pause without `timeout_in_minutes` lasts until somebody
    # resumes the agent (None), or so many minutes.
    agent_pause_minutes: int | None = None
    # endpoints.md "Write endpoints" lists the fields of a new pipeline, not which are required.
    new_pipelines_need_cluster: bool = False
    # endpoints.md "Write endpoints" has a 403 for users who may not archive a pipeline.
    user_may_archive: bool = True
    # endpoints.md "Write endpoints" has a 422 for (un)archiving, and does not say when.
    archiving_again: Literal["refused", "accepted"] = "refused"
    # endpoints.md "Write endpoints": retrying failed jobs is asynchronous; the new jobs are there
    # so many seconds after the answer.
    retries_appear_after: float = 0.0
    # resources.md "Agent" and "Team": fields that only the Go client knows.
    go_client_fields: bool = True
    # README.md "Contradictions": the scope for members, pipelines and suites of a team.
    team_details_scope: Literal["read_teams", "view_teams"] = "read_teams"
    # README.md "Contradictions": the scope for secrets.
    secrets_scope: Literal["read_secrets_details", "read_secret_details"] = "read_secrets_details"
    # endpoints.md "Clusters": lists omit fields that Get has, such as the `hosted_*` flags.
    hosted_flags_listed: bool = False
    # conventions.md "Errors": 404 where a feature is not enabled, here images, network ranges
    # and caches of a cluster without hosted agents.
    unhosted_clusters: Literal["empty", "not_found"] = "empty"
    # endpoints.md "Core": 404 unless a pipeline is enrolled for GitHub webhooks.
    github_webhooks_enrolled: bool = False
    # endpoints.md "Core": step uploads are gone after about so many days.
    step_upload_days: int = 30
    # endpoints.md "Build list query set": what remains with `exclude_pipeline`.
    excluded_pipeline: Literal["absent", "null", "brief"] = "absent"
    # resources.md "Build": `author` is not in the docs table.
    author_present: bool = True
    # resources.md "Build": `tag` and `blocked_state` were seen in recorded payloads only.
    recorded_only_fields: bool = True
    # builds-incremental.md "Jobs": one page says `limiting` and `limited` show as `scheduled`.
    limited_shown_as_scheduled: bool = False
    # builds-incremental.md "Jobs": with early failure declarations on, the jobs list's
    # `state[]=failed` also matches running jobs that promised a hard failure.
    early_failure_declarations: bool = True
    # resources.md "Annotation": `job_id` of an annotation in build scope is null or absent.
    annotation_job_id: Literal["null", "absent"] = "null"
    # endpoints.md "Core" names no order of the annotations of a build or job.
    annotation_order: Literal["newest_first", "oldest_first"] = "newest_first"
    # resources.md "Artifact": are artifacts past their retention in the lists?
    expired_artifacts_listed: bool = True
    # endpoints.md "Core": downloads lead to signed URLs good for a minute, or, with a custom
    # bucket, to plain ones.
    artifact_bucket: Literal["signed", "public"] = "signed"
    # endpoints.md "Core": downloads lead to Buildkite's storage or to any custom bucket; whether
    # that serves a part of a file is up to it.
    storage_ranges: Literal["honoured", "ignored"] = "honoured"
    # logs.md "Endpoints": text is put in order as UTF-8, suffix ranges are not (inferred).
    log_text_normalised: bool = True
    # logs.md "Endpoints": what GET answers for a deleted log.
    deleted_log: Literal["absent", "empty"] = "absent"
    # logs.md "Endpoints": `header_times` without times is `[]` or missing (inferred).
    log_header_times: Literal["empty", "absent"] = "empty"
    # graphql.md "Schema parts for builds": does `Build.jobs` list superseded attempts?
    graphql_retried_jobs: bool = True
    # graphql.md "Cost": is a query refused before running when it asks for more points than
    # remain, or only when none remain?
    graphql_refuses_by_requested: bool = False
    # endpoints.md "Test Engine": the order of runs is marked unknown.
    run_order: Literal["newest_first", "oldest_first"] = "newest_first"
    # resources.md "Test Engine": `build_id` of a run may be absent.
    run_build_id: bool = True
    # endpoints.md "Test Engine": the window of tests when none is asked for is an organization's
    # own setting.
    test_period: Literal["1day", "7days", "28days"] = "7days"
    # endpoints.md "Test Engine": what becomes of parameters that need `Buildkite-Version` when it
    # is not sent.
    unversioned_test_parameters: Literal["ignored", "refused"] = "ignored"
    # conventions.md "Timestamps", "Sending": fractions of a second in filters.
    subsecond_filters: Literal["honoured", "truncated", "rejected"] = "honoured"
    # conventions.md "Rate limits": does a request answered 429 count against the window?
    rejected_requests_count: bool = True
    # build-exports.md "Not documented": lists as one array, an object a line, or, if there is
    # just one, an object.
    export_lists: Literal["array", "lines", "object"] = "array"
    # build-exports.md "Not documented": is there an empty file where a build has none?
    export_empty_lists: bool = False
    # build-exports.md "Not documented": what the date of an export is a date of.
    export_date: Literal["created", "finished", "exported"] = "created"
    # build-exports.md "Not documented": is `pipeline` inside the build?
    export_pipeline: bool = False
    # build-exports.md "Not documented": do attempts that were retried get files?
    export_retried_jobs: bool = True
    # Not documented at all; some deployments of Rails send it.
    request_id_header: bool = False
    # Compressed answers cost the simulator time; benchmarks may turn them off.
    gzip: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        choices = _choices().get(name)
        if name not in _names():
            raise AttributeError(f"no switch {name!r}; there are {', '.join(sorted(_names()))}")
        if choices and value not in choices:
            raise ValueError(f"switch {name} is one of {', '.join(choices)}, not {value!r}")
        super().__setattr__(name, value)


def _names() -> set[str]:
    return {field.name for field in fields(Switches)}


def _choices() -> dict[str, tuple[str, ...]]:
    global _CHOICES
    if _CHOICES is None:
        hints = get_type_hints(Switches)
        _CHOICES = {
            name: get_args(hint)
            for name, hint in hints.items()
            if getattr(hint, "__origin__", None) is Literal
        }
    return _CHOICES


_CHOICES: dict[str, tuple[str, ...]] | None = None
