"""What people push: branches, commits, pull requests, and whether the code is broken."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from buildkite_simulator.instants import DAY, iso
from buildkite_simulator.world.company import MESSAGES, TOPICS, VERBS, Plan
from buildkite_simulator.world.model import Build, Organization, Pipeline, Step
from buildkite_simulator.world.people import User

_BAD_WEEK_EVERY = 5 * 7 * DAY
_BAD_WEEK = 6 * DAY


@dataclass
class _Branch:
    name: str
    owner: User
    pull_request: int | None
    opened: int
    breaks: frozenset[str] = frozenset()


@dataclass
class _Repository:
    main_breaks: frozenset[str] = frozenset()
    branches: list[_Branch] = field(default_factory=list)
    pull_requests: int = 100


class Changes:
    """The state of every repository of an organization, as far as it decides builds."""

    def __init__(self, organization: Organization, rng: Random) -> None:
        self._organization = organization
        self._rng = rng
        self._repositories: dict[str, _Repository] = {}

    def push(self, pipeline: Pipeline, plan: Plan, at: int) -> dict[str, Any]:
        """Return the fields of a build for somebody's push."""
        repository = self._repositories.setdefault(pipeline.id, _Repository())
        roll = self._rng.random()
        if roll < 0.30:
            return self._push_main(pipeline, repository, at)
        if roll < 0.36 and plan.merge_queue:
            return self._queue_merge(pipeline, repository, at)
        if roll > 0.985 and plan.recipe == "library":
            return self._release(pipeline, at)
        if roll > 0.93:
            return self._by_hand(pipeline, at)
        branch = self._pick_branch(repository, at)
        return self._push_branch(pipeline, branch, at)

    def schedule(self, pipeline: Pipeline, at: int) -> dict[str, Any]:
        """Return the fields of a scheduled build."""
        repository = self._repositories.setdefault(pipeline.id, _Repository())
        breaks = self._drift(pipeline, repository.main_breaks, at)
        repository.main_breaks = breaks
        return {
            "branch": pipeline.default_branch,
            "commit": self._sha(),
            "message": "Scheduled build",
            "source": "schedule",
            "author": None,
            "creator": None,
            "breaks": breaks,
        }

    def follow_up(self, build: Build, at: int) -> dict[str, Any]:
        """Return the fields of a build for another push to a build's branch."""
        fields = self._fields(build.pipeline, build.branch, build.creator, at)
        return fields | {"pull_request": build.pull_request, "breaks": build.breaks}

    def _push_main(self, pipeline: Pipeline, repository: _Repository, at: int) -> dict[str, Any]:
        repository.main_breaks = self._drift(pipeline, repository.main_breaks, at)
        owner = self._rng.choice(self._organization.users)
        fields = self._fields(pipeline, pipeline.default_branch, owner, at)
        number = repository.pull_requests
        fields["message"] = f"Merge pull request #{number}\n\n{fields['message']}"
        return fields | {"breaks": repository.main_breaks, "not_run": self._rng.random() < 0.012}

    def _push_branch(self, pipeline: Pipeline, branch: _Branch, at: int) -> dict[str, Any]:
        if not branch.breaks or self._rng.random() < 0.65:
            branch.breaks = self._new_breaks(pipeline, 1.1)
        fields = self._fields(pipeline, branch.name, branch.owner, at)
        if branch.pull_request is not None:
            fields["pull_request"] = {
                "id": str(branch.pull_request),
                "base": pipeline.default_branch,
                "repository": pipeline.repository.replace("git@", "git://"),
            }
        return fields | {"breaks": branch.breaks, "not_run": self._rng.random() < 0.015}

    def _queue_merge(self, pipeline: Pipeline, repository: _Repository, at: int) -> dict[str, Any]:
        owner = self._rng.choice(self._organization.users)
        main = pipeline.default_branch
        branch = f"gh-readonly-queue/{main}/pr-{repository.pull_requests}-{self._sha()[:12]}"
        fields = self._fields(pipeline, branch, owner, at)
        return fields | {"merge_queue_base": main, "breaks": self._new_breaks(pipeline, 0.5)}

    def _release(self, pipeline: Pipeline, at: int) -> dict[str, Any]:
        tag = f"v{self._rng.randint(1, 4)}.{self._rng.randint(0, 30)}.{self._rng.randint(0, 9)}"
        fields = self._fields(pipeline, tag, self._rng.choice(self._organization.users), at)
        return fields | {"tag": tag, "meta_data": {**fields["meta_data"], "release": tag}}

    def _by_hand(self, pipeline: Pipeline, at: int) -> dict[str, Any]:
        """A build somebody or some program asked for, with what such builds drag along."""
        owner = self._rng.choice(self._organization.users)
        fields = self._fields(pipeline, pipeline.default_branch, owner, at)
        fields["source"] = self._rng.choice(("api", "ui", "api"))
        if fields["source"] == "api":
            fields["author"] = owner.email
            fields["env"] = {
                "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSIMULATED",
                "DEPLOY_WINDOW": "office hours",
                "RETRIES": 3,
            }
            fields["commit"] = "HEAD" if self._rng.random() < 0.3 else fields["commit"]
        repository = self._repositories[pipeline.id]
        return fields | {"breaks": repository.main_breaks}

    def _pick_branch(self, repository: _Repository, at: int) -> _Branch:
        repository.branches = [b for b in repository.branches if at - b.opened < 4 * DAY]
        if repository.branches and self._rng.random() < 0.55:
            return self._rng.choice(repository.branches)
        repository.pull_requests += 1
        verb, topic = self._rng.choice(VERBS), self._rng.choice(TOPICS)
        branch = _Branch(
            name=f"{verb}/{topic}-{repository.pull_requests}",
            owner=self._rng.choice(self._organization.users),
            pull_request=repository.pull_requests if self._rng.random() < 0.85 else None,
            opened=at,
        )
        repository.branches.append(branch)
        return branch

    def _fields(
        self, pipeline: Pipeline, branch: str, owner: User | None, at: int
    ) -> dict[str, Any]:
        commit = self._sha()
        topic = self._rng.choice(TOPICS)
        message = self._rng.choice(MESSAGES).format(topic=topic)
        name, email = (owner.name, owner.email) if owner else (None, None)
        return {
            "branch": branch,
            "commit": commit,
            "message": message,
            "source": "webhook",
            "author": owner
            and {"username": str(email).split("@")[0], "name": name, "email": email},
            "creator": owner,
            "meta_data": {
                "buildkite:git:commit": f"commit {commit}\nAuthor: {name} <{email}>\n"
                f"Date: {iso(at)}\n\n    {message}\n",
                "team": pipeline.slug.split("-")[0],
            },
        }

    def _drift(self, pipeline: Pipeline, breaks: frozenset[str], at: int) -> frozenset[str]:
        """Main breaks now and then and is mended soon, but for its bad weeks."""
        bad_week = _in_bad_week(pipeline, at)
        if breaks:
            mended = self._rng.random() < (0.12 if bad_week else 0.45)
            return frozenset() if mended else breaks
        return self._new_breaks(pipeline, 12.0 if bad_week else 0.6)

    def _new_breaks(self, pipeline: Pipeline, factor: float) -> frozenset[str]:
        return frozenset(
            step.key
            for step in pipeline.steps
            if step.key and self._rng.random() < _failure(step) * factor
        )

    def _sha(self) -> str:
        return f"{self._rng.getrandbits(160):040x}"


def _failure(step: Step) -> float:
    return step.failure if step.type == "script" else 0.0


def _in_bad_week(pipeline: Pipeline, at: int) -> bool:
    """The first pipeline of an organization has a bad week every now and then."""
    important = pipeline.organization.pipelines[0] is pipeline
    return important and (at // DAY * DAY - 3 * DAY) % _BAD_WEEK_EVERY < _BAD_WEEK
