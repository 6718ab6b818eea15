"""Teams and what they may do."""

from buildkite_source.tables import TEAM_MEMBERS, TEAM_PIPELINES, TEAM_SUITES
from buildkite_source.tables import TEAMS as TEAM_TABLE

from .model import Endpoint

_O = "organizations/{organization_slug}"
_T = f"{_O}/teams/{{team_id}}"

TEAMS = (
    Endpoint(TEAM_TABLE, f"{_O}/teams", "read_teams", noun="team", group="teams"),
    Endpoint(TEAM_MEMBERS, f"{_T}/members", "read_teams", parent="teams", group="teams"),
    Endpoint(TEAM_PIPELINES, f"{_T}/pipelines", "read_teams", parent="teams", group="teams"),
    Endpoint(TEAM_SUITES, f"{_T}/suites", "read_teams", parent="teams", group="teams"),
)
