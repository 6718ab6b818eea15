"""Every endpoint of the API that lists or describes something, and what is left out of it.

A new endpoint is one `Endpoint` here and one `Table` in `buildkite_source.tables`; see
docs/resources.md.
"""

from collections.abc import Collection, Sequence

from buildkite_source.client import Body

from .account import ACCOUNT
from .automation import AUTOMATION
from .clusters import CLUSTERS
from .left_out import SPECIAL
from .model import OF_THE_FETCH, Endpoint
from .organization import ORGANIZATION
from .packages import PACKAGES
from .teams import TEAMS
from .test_engine import TEST_ENGINE

ENDPOINTS: tuple[Endpoint, ...] = (
    *ACCOUNT,
    *ORGANIZATION,
    *TEAMS,
    *CLUSTERS,
    *AUTOMATION,
    *TEST_ENGINE,
    *PACKAGES,
)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(each.group for each in ENDPOINTS if each.group))

# Token scopes by resource; None where any token will do.
SCOPES: dict[str, str | None] = {
    **{name: each.scope for each in SPECIAL for name in each.resources.split(", ")},
    **{table.name: each.scope for each in ENDPOINTS for table in each.tables},
}


def with_parents(endpoints: Sequence[Endpoint], names: Collection[str] | None) -> list[Endpoint]:
    """Return the endpoints of these tables and of what they hang on; all if names is None."""
    if names is None:
        return list(endpoints)
    wanted = set(names)
    chosen: list[Endpoint] = []
    # Parents stand before their children.
    for each in reversed(endpoints):
        if wanted & {each.name, *(table.name for table in each.tables)}:
            chosen.insert(0, each)
            wanted.add(each.parent or "")
    return chosen


__all__ = ["ENDPOINTS", "GROUPS", "OF_THE_FETCH", "SCOPES", "Body", "Endpoint", "with_parents"]
