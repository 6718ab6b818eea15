"""Which builds stand at a block step, as far as is known: the table tells, not dlt's state."""

from datetime import datetime

from buildkite_source.tables import BUILDS, MISSING_BUILDS
from buildkite_source.warehouse.stored import rows_of, stored_tables
from buildkite_source.windows import Window, to_sql

_BLOCKED = "SELECT b.id, b.created_at FROM builds AS b WHERE b.blocked"
_NOT_GONE = " AND b.id NOT IN (SELECT id FROM missing_builds)"


def blocked_builds(owner: str, owner_id: str, window: Window) -> dict[str, datetime]:
    """Return creation times, by id, of builds that are loaded as blocked and not known to be gone.

    Args:
        owner: `organization_id` or `pipeline_id`.
        owner_id: Its value.
        window: When they were created.
    """
    stored = stored_tables()
    if BUILDS.name not in stored:
        return {}
    value = owner_id.replace("'", "''")
    sql = f"{_BLOCKED} AND b.{owner} = '{value}' AND b.created_at >= '{to_sql(window.start)}' "
    sql += f"AND b.created_at < '{to_sql(window.end)}'"
    return dict(rows_of(sql + _NOT_GONE if MISSING_BUILDS.name in stored else sql))
