"""The ways to load that are measured: each a module run as a process of its own.

Every module takes a base URL, an empty directory, and leaves `data.duckdb` in the directory.
`QUERIES` says where each leaves its rows.
"""

# Rows of builds and jobs as (id, state, exit status or number), to hold against each other.
QUERIES: dict[str, tuple[str, str]] = {
    "floor": (
        "select id, state, number from builds",
        "select id, state, exit_status as number from jobs",
    ),
    "ours": (
        "select id, state, number from buildkite.builds",
        "select id, state, exit_status as number from buildkite.jobs",
    ),
    "script": (
        "select id, state, number from builds",
        "select id, state, exit_status as number from jobs",
    ),
    "backfill": (
        "select id, state, number from buildkite_data.builds",
        "select id, state, exit_status as number from buildkite_data.jobs",
    ),
    "dlt-defaults": (
        "select id, state, number from buildkite.builds",
        "select id, state, exit_status as number from buildkite.builds__jobs",
    ),
}
