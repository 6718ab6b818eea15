"""What became of an action that was sent and not answered: asked of the API, by reads only."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from buildkite_source.client import (
    BuildkiteError,
    BuildkiteSession,
    NotFoundError,
    StoppedError,
)
from buildkite_source.defaults import PER_PAGE
from buildkite_source.tables.times import parse_time
from buildkite_source.windows import to_api

from .asked import Asked
from .of_builds import MARK

# Within it a claim has led to its request: waits for the rate limit are shorter.
_AN_HOUR = timedelta(hours=1)
# `Date` has whole seconds.
_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Found:
    """It was done.

    Attributes:
        answer: The object that tells so, as far as it is one that the action makes or changes.
    """

    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing tells of it: it was not done, or not yet."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The API does not let us know."""

    reason: str


Verdict = Found | Absent | CannotTell


class Lookup:
    """Looks doubtful actions up.

    Args:
        session: Of the token that reads.
        made_before: Returns the ids that actions of a kind have made, as the ledger knows: they are
            answers to other keys.
    """

    def __init__(self, session: BuildkiteSession, made_before: Callable[[str], set[str]]) -> None:
        self._session = session
        self._made_before = made_before

    def look(self, asked: Asked, claimed_at: datetime) -> Verdict:
        """Return whether an action was carried out.

        Args:
            asked: The action.
            claimed_at: When it was claimed, by the API's clock.
        """
        try:
            return _WAYS[asked.name](self, asked, claimed_at - _A_SECOND)
        except NotFoundError:
            # What is not there, nothing was done to; asking again says so in the API's own words.
            return Absent()
        except StoppedError:
            raise
        except BuildkiteError as error:
            return CannotTell(str(error))

    def _created_build(self, asked: Asked, since: datetime) -> Verdict:
        builds = self._builds(asked, {f"meta_data[{MARK}]": asked.key})
        # A rebuild of it may have its meta-data as well; the list begins with the newest.
        return next((Found(build) for build in reversed([*builds])), Absent())

    def _rebuilt(self, asked: Asked, since: datetime) -> Verdict:
        window = {"created_from": to_api(since), "created_to": to_api(since + _AN_HOUR)}
        others = self._made_before("rebuild")
        for build in self._builds(asked, window):
            origin = build.get("rebuilt_from") or {}
            if origin.get("number") == asked.number and build.get("id") not in others:
                return Found(build)
        return Absent()

    def _canceled(self, asked: Asked, since: datetime) -> Verdict:
        build = self._one(asked, asked.build_path, exclude_jobs="true", exclude_pipeline="true")
        return Found(build) if build.get("state") in ("canceled", "canceling") else Absent()

    def _retried_jobs(self, asked: Asked, since: datetime) -> Verdict:
        told = {"include_retried_jobs": "true", "exclude_pipeline": "true"}
        build = self._one(asked, asked.build_path, **told)
        for job in build.get("jobs") or ():
            source = job.get("retry_source") or {}
            if source.get("retry_type") == "manual" and _is_since(job.get("created_at"), since):
                return Found(build)
        return Absent()

    def _retried(self, asked: Asked, since: datetime) -> Verdict:
        job = self._job(asked)
        following = job.get("retried_in_job_id")
        return Found({"id": following}) if job.get("retried") or following else Absent()

    def _unblocked(self, asked: Asked, since: datetime) -> Verdict:
        job = self._job(asked)
        return (
            Found(job) if job.get("state") == "unblocked" or job.get("unblocked_at") else Absent()
        )

    def _annotated(self, asked: Asked, since: datetime) -> Verdict:
        for one in self._annotations(asked):
            written = one.get("updated_at") or one.get("created_at")
            if one.get("context") == asked.fields["context"] and _is_since(written, since):
                return Found(one)
        return Absent()

    def _annotation_gone(self, asked: Asked, since: datetime) -> Verdict:
        there = {one.get("id") for one in self._annotations(asked)}
        return Absent() if asked.fields["annotation_id"] in there else Found()

    def _created_pipeline(self, asked: Asked, since: datetime) -> Verdict:
        path = asked.address("/organizations/{organization}/pipelines")
        for one in self._every(asked, path, {"name": asked.fields["name"]}):
            is_named = one.get("name") == asked.fields["name"]
            if is_named and _is_since(one.get("created_at"), since):
                return Found(one)
        return Absent()

    def _updated_pipeline(self, asked: Asked, since: datetime) -> Verdict:
        pipeline = self._pipeline(asked)
        same = all(pipeline.get(name) == value for name, value in asked.fields.items())
        return Found(pipeline) if same else Absent()

    def _archived(self, asked: Asked, since: datetime) -> Verdict:
        pipeline = self._pipeline(asked)
        is_so = bool(pipeline.get("archived_at")) == (asked.name == "archive_pipeline")
        return Found(pipeline) if is_so else Absent()

    def _agent(self, asked: Asked, since: datetime) -> Verdict:
        agent = self._one(asked, asked.address("/organizations/{organization}/agents/{agent_id}"))
        if asked.name == "stop_agent":
            return Absent() if agent.get("connection_state") == "connected" else Found(agent)
        # `paused` is not documented, and may be missing; a second request does no harm then.
        paused = agent.get("paused")
        return Found(agent) if paused is (asked.name == "pause_agent") else Absent()

    def _unknown(self, asked: Asked, since: datetime) -> Verdict:
        return CannotTell(
            "nothing tells whether it was done; look, and ask under another key if it was not"
        )

    def _job(self, asked: Asked) -> Mapping[str, Any]:
        return self._one(asked, f"{asked.build_path}{asked.address('/jobs/{job_id}')}")

    def _pipeline(self, asked: Asked) -> Mapping[str, Any]:
        return self._one(asked, asked.address("/organizations/{organization}/pipelines/{pipeline}"))

    def _annotations(self, asked: Asked) -> Iterator[Mapping[str, Any]]:
        yield from self._every(asked, f"{asked.build_path}/annotations", {"omit_body": "true"})

    def _builds(self, asked: Asked, filters: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        path = asked.address("/organizations/{organization}/pipelines/{pipeline}/builds")
        lean = {"exclude_jobs": "true", "exclude_pipeline": "true"}
        yield from self._every(asked, path, {**filters, **lean})

    def _one(self, asked: Asked, path: str, **query: str) -> Mapping[str, Any]:
        address = f"{path}?{urlencode(query)}" if query else path
        (found,) = self._session.ask(address, asked.action.read_scope).json()
        answer: Mapping[str, Any] = found
        return answer

    def _every(
        self, asked: Asked, path: str, query: Mapping[str, str]
    ) -> Iterator[Mapping[str, Any]]:
        address: str | None = f"{path}?{urlencode({**query, 'per_page': str(PER_PAGE)})}"
        while address:
            response = self._session.ask(address, asked.action.read_scope)
            yield from response.json()
            address = response.links.get("next", {}).get("url")


def _is_since(told: Any, since: datetime) -> bool:
    """Whether a time of the API is at or after a moment; not if it is none."""
    try:
        return parse_time(str(told)) >= since
    except ValueError:
        return False


_WAYS: Mapping[str, Callable[[Lookup, Asked, datetime], Verdict]] = {
    "create_build": Lookup._created_build,
    "rebuild": Lookup._rebuilt,
    "cancel": Lookup._canceled,
    "retry_failed_jobs": Lookup._retried_jobs,
    "retry_job": Lookup._retried,
    "unblock_job": Lookup._unblocked,
    "annotate": Lookup._annotated,
    "remove_annotation": Lookup._annotation_gone,
    "create_pipeline": Lookup._created_pipeline,
    "update_pipeline": Lookup._updated_pipeline,
    "archive_pipeline": Lookup._archived,
    "unarchive_pipeline": Lookup._archived,
    "stop_agent": Lookup._agent,
    "pause_agent": Lookup._agent,
    "resume_agent": Lookup._agent,
    "api": Lookup._unknown,
}
