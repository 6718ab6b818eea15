"""Which builds a build list returns."""

import re
from dataclasses import dataclass

from buildkite_simulator.api.query import Query
from buildkite_simulator.instants import NEVER
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.model import Build
from buildkite_simulator.world.state import finished_at, state, view

_FINISHED = {"passed", "failed", "blocked", "canceled"}


@dataclass(frozen=True)
class BuildFilter:
    """The filters of a build list, each a no-op when absent."""

    switches: Switches
    created_from: int
    created_to: int
    finished_from: int | None
    branches: tuple[re.Pattern[str], ...]
    commits: frozenset[str]
    creator: str | None
    states: frozenset[str]
    meta_data: dict[str, str]

    @classmethod
    def of(cls, query: Query, switches: Switches) -> "BuildFilter":
        """Read the filters of a query; raises the API's 422 for dates it cannot read."""
        states = set(query.many("state"))
        if "finished" in states:
            states |= _FINISHED
        created_to = query.moment("created_to", switches)
        return cls(
            switches=switches,
            created_from=query.moment("created_from", switches) or 0,
            created_to=NEVER if created_to is None else created_to,
            finished_from=query.moment("finished_from", switches),
            branches=tuple(map(_wildcards, query.many("branch"))),
            commits=frozenset(query.many("commit")),
            creator=query.one("creator") or None,
            states=frozenset(states),
            meta_data=query.mapping("meta_data"),
        )

    def apply(self, builds: list[Build], at: int) -> list[Build]:
        """Return the builds that match, in order; creation times are matched by the store."""
        if self.branches:
            builds = [b for b in builds if any(p.fullmatch(b.branch) for p in self.branches)]
        if self.commits:
            builds = [b for b in builds if b.commit in self.commits]
        if self.creator:
            builds = [b for b in builds if b.creator and b.creator.id == self.creator]
        for key, value in self.meta_data.items():
            builds = [b for b in builds if b.meta_data.get(key) == value]
        if self.states:
            builds = [b for b in builds if self._has_state(b, at)]
        if self.finished_from is not None:
            builds = [b for b in builds if self._finished_since(b, self.finished_from, at)]
        return builds

    def _has_state(self, build: Build, at: int) -> bool:
        seen = view(build, at)
        if seen.blocked:
            if "blocked" in self.states and self.switches.state_blocked_matches_blocked:
                return True
            if not self.switches.state_passed_matches_blocked:
                return False
        return state(seen, self.switches) in self.states

    def _finished_since(self, build: Build, since: int, at: int) -> bool:
        seen = view(build, at)
        if seen.is_open and not self.switches.finished_from_matches_reopened:
            return False
        finished = finished_at(build, seen, self.switches)
        return finished is not None and finished >= since


def _wildcards(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
