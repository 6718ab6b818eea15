"""Webhooks as Buildkite sends them while the world moves.

https://buildkite.com/docs/apis/webhooks/pipelines: a payload shows its object as it is when it is
sent, which may be later than the event; builds come without jobs, times of builds in the older
form. Nothing is sent again: no retry is documented.
"""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson
import requests

from buildkite_simulator.instants import instant, spaced
from buildkite_simulator.render.agents import agent_fields
from buildkite_simulator.render.builds import build_fields
from buildkite_simulator.render.jobs import job_fields
from buildkite_simulator.whole_world import WholeWorld
from buildkite_simulator.world.agents import agents_of, as_stopped
from buildkite_simulator.world.machines import Agent
from buildkite_simulator.world.model import Build, Job, Organization
from buildkite_simulator.world.state import View, view

Mode = Literal["token", "signature"]

_EVERY_SECONDS = 0.2
_TIMEOUT = 10.0
# Not in recorded payloads of builds.
_NOT_SENT = ("graphql_id", "env", "pipeline")
_PASSED = ("runnable", "started", "finished", "unblocked")
_OF_JOBS = {
    "runnable": "job.scheduled",
    "started": "job.started",
    "finished": "job.finished",
    "unblocked": "job.activated",
}


@dataclass(slots=True)
class _Seen:
    """What of a build has been told."""

    version: int
    until: int
    closes: int = 0
    starts: int | None = None
    state: str = ""
    jobs: dict[str, set[str]] = field(default_factory=dict)


class Webhooks:
    """A webhook service of every organization of a world.

    Args:
        world: What moves.
        url: Where to send to.
        token: Of the service.
        mode: `token` in clear, or `signature`.
        agents: Also tell of agents.

    Attributes:
        sent: Status and name of each request so far; status 0 where nobody answered.
    """

    def __init__(
        self,
        world: WholeWorld,
        url: str,
        token: str,
        mode: Mode = "signature",
        *,
        agents: bool = True,
    ) -> None:
        self.url = url
        self.sent: list[tuple[int, str]] = []
        self._world = world
        self._token = token
        self._mode = mode
        self._with_agents = agents
        self._http = requests.Session()
        self._seen: dict[str, _Seen] = {}
        self._agents: dict[str, Agent] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        # What has happened before there was a service is told to nobody.
        for _ in self._news():
            pass

    def send(self) -> int:
        """Send what has happened since the last time; return how many events that were."""
        with self._world.lock:
            news = list(self._news())
        for payload in news:
            self._post(payload)
        return len(news)

    def start(self) -> None:
        """Send as the world moves, until stopped."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()
        if self._thread:
            self._thread.join(_TIMEOUT)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_SECONDS):
            self.send()

    def _post(self, payload: dict[str, Any]) -> None:
        body = orjson.dumps(payload)
        headers = {"Content-Type": "application/json", "X-Buildkite-Event": payload["event"]}
        if self._mode == "token":
            headers["X-Buildkite-Token"] = self._token
        else:
            stamp = str(instant(self._world.now) // 1000)
            signed = f"{stamp}.".encode() + body
            digest = hmac.new(self._token.encode(), signed, hashlib.sha256).hexdigest()
            headers["X-Buildkite-Signature"] = f"timestamp={stamp},signature={digest}"
        try:
            status = self._http.post(self.url, body, headers=headers, timeout=_TIMEOUT).status_code
        except requests.RequestException:
            status = 0
        self.sent.append((status, payload["event"]))

    def _news(self) -> Iterator[dict[str, Any]]:
        """Yield the payloads of what has happened since the last time."""
        at = self._world.catch_up()
        for organization in self._world.organizations:
            for build in self._world.builds(organization):
                yield from self._of_build(build, at)
            if self._with_agents:
                yield from self._of_agents(organization, at)

    def _of_build(self, build: Build, at: int) -> Iterator[dict[str, Any]]:
        seen = self._seen.get(build.id)
        if seen and seen.version == build.version and at < seen.until:
            return
        looks = view(build, at)
        before = seen or _Seen(build.version, looks.until)
        for name in _of_states(seen, before, looks):
            yield self._payload(name, build, at)
        for job in build.visible_jobs(at):
            told = before.jobs.setdefault(job.id, set())
            for moment in _moments(job, at):
                if moment not in told:
                    told.add(moment)
                    yield self._payload(_OF_JOBS[moment], build, at, job)
        before.version, before.until = build.version, looks.until
        before.closes, before.starts, before.state = len(looks.closes), looks.started, looks.state
        self._seen[build.id] = before

    def _payload(self, name: str, build: Build, at: int, job: Job | None = None) -> dict[str, Any]:
        context = self._world.renderer.context
        shown = _older_times(build_fields(build, at, context))
        payload: dict[str, Any] = {"event": name}
        if job:
            payload["job"] = _older_times(job_fields(job, at, context))
        payload["build"] = {key: value for key, value in shown.items() if key not in _NOT_SENT}
        payload["pipeline"] = self._world.renderer.pipeline(build.pipeline, at)
        payload["sender"] = self._sender(build.pipeline.organization)
        return payload

    def _of_agents(self, organization: Organization, at: int) -> Iterator[dict[str, Any]]:
        now = {agent.id: agent for agent in agents_of(organization, at)}
        for key, agent in now.items():
            if key not in self._agents:
                yield self._of_agent("agent.connected", agent, organization, at)
        here = {queue.id for queue in organization.queues.values()}
        for key, agent in [*self._agents.items()]:
            if key not in now and agent.queue.id in here:
                ending = as_stopped(organization, agent).ending
                yield self._of_agent(f"agent.{ending}", agent, organization, at)
                del self._agents[key]
        self._agents |= now

    def _of_agent(
        self, name: str, agent: Agent, organization: Organization, at: int
    ) -> dict[str, Any]:
        fields = agent_fields(agent, at, organization, self._world.renderer.context)
        return {"event": name, "agent": fields, "sender": self._sender(organization)}

    def _sender(self, organization: Organization) -> dict[str, Any]:
        """Whoever made the service; it says nothing of who caused the event."""
        user = organization.users[0]
        return {"id": user.id, "name": user.name}


def _of_states(seen: _Seen | None, before: _Seen, looks: View) -> Iterator[str]:
    """Yield the names of what has become of a build."""
    if seen is None:
        yield "build.scheduled"
    if looks.state == "skipped":
        if before.state != "skipped":
            yield "build.skipped"
        return
    if looks.started is not None and looks.started != before.starts:
        yield "build.running"
    if looks.state == "failing" and before.state != "failing":
        yield "build.failing"
    closed_anew = len(looks.closes) != before.closes
    ended_anew = not looks.is_open and looks.state != before.state
    if closed_anew or ended_anew:
        yield "build.finished"


def _moments(job: Job, at: int) -> Iterator[str]:
    """Yield which of its moments have passed, as far as events tell of them."""
    for name in _PASSED:
        moment = getattr(job, name)
        tells = job.type == "script" or name == "finished" or job.type == "manual"
        if moment is not None and moment <= at and tells and job.type != "waiter":
            yield name


def _older_times(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with times as webhooks write them."""
    return {
        key: spaced(_instant_of(value)) if key.endswith("_at") and value else value
        for key, value in fields.items()
    }


def _instant_of(text: str) -> int:
    """Return the instant that an ISO time names."""
    return instant(datetime.fromisoformat(text.replace("Z", "+00:00")))
