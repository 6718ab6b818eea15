"""Agents: what is known of each, and what each was doing when a load came by."""

from .context import OBSERVED_AT, ORGANIZATION, SEEN
from .model import (
    DERIVABLE_URL,
    GRAPHQL_ID,
    Column,
    Kind,
    Table,
    user_columns,
    user_omissions,
)

_AGENTS_API = "https://buildkite.com/docs/apis/rest-api/agents"
_STATE = "connected, stopping, disconnected, stopped, lost or never_connected"

AGENTS = Table(
    name="agents",
    description="One row per agent, as it was when last listed, or as a job showed it: the list "
    "holds connected and stopping agents only",
    documentation=_AGENTS_API,
    columns=(
        Column("id", Kind.TEXT, "id", "Agent id (UUID); new on each registration", required=True),
        *ORGANIZATION,
        Column(
            "known_from", Kind.TEXT, "@known_from", "list, or jobs: then fewer columns are known"
        ),
        Column("name", Kind.TEXT, "name", "Name"),
        Column("connection_state", Kind.TEXT, "connection_state", _STATE),
        Column("hostname", Kind.TEXT, "hostname", "Host"),
        Column("ip_address", Kind.TEXT, "ip_address", "IP address of the host", personal=True),
        Column("version", Kind.TEXT, "version", "Version of the agent"),
        Column("user_agent", Kind.TEXT, "user_agent", "Software and platform"),
        Column("os_id", Kind.TEXT, "os_id", "Operating system"),
        Column("arch", Kind.TEXT, "arch", "Processor architecture"),
        Column("queue", Kind.TEXT, "queue", "Queue it takes jobs from"),
        Column("meta_data", Kind.JSON, "meta_data", "Tags, an array of key=value"),
        Column("priority", Kind.INTEGER, "priority", "Priority; higher ones get jobs first"),
        Column("paused", Kind.BOOLEAN, "paused", "Takes no jobs for now"),
        Column("paused_at", Kind.TIMESTAMP, "paused_at", "When it was paused"),
        *user_columns("paused_by", "Who paused it"),
        Column("paused_note", Kind.TEXT, "paused_note", "Why it was paused"),
        Column(
            "paused_timeout_in_minutes",
            Kind.INTEGER,
            "paused_timeout_in_minutes",
            "After how long it takes jobs again, minutes",
        ),
        *user_columns("creator", "Who created it"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it registered"),
        Column("connected_at", Kind.TIMESTAMP, "connected_at", "When it connected"),
        Column("disconnected_at", Kind.TIMESTAMP, "disconnected_at", "When it disconnected"),
        Column("lost_at", Kind.TIMESTAMP, "lost_at", "When it was given up as lost"),
        Column("stopped_at", Kind.TIMESTAMP, "stopped_at", "When it stopped"),
        Column(
            "last_job_finished_at",
            Kind.TIMESTAMP,
            "last_job_finished_at",
            "When its latest job ended",
        ),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={
        "graphql_id": GRAPHQL_ID,
        "url": DERIVABLE_URL,
        "job": "what it does now: in the agent_observations and jobs tables",
        **user_omissions("paused_by"),
        **user_omissions("creator"),
    },
)

_OBSERVED = (
    Column("connection_state", Kind.TEXT, "connection_state", _STATE),
    Column("queue", Kind.TEXT, "queue", "Queue it takes jobs from"),
    Column("job_id", Kind.TEXT, "job.id", "Job it runs; joins jobs.id; null when idle"),
    Column("priority", Kind.INTEGER, "priority", "Priority; higher ones get jobs first"),
    Column("paused", Kind.BOOLEAN, "paused", "Takes no jobs for now"),
    Column(
        "last_job_finished_at",
        Kind.TIMESTAMP,
        "last_job_finished_at",
        "When its latest job ended",
    ),
)
_READ = {"id", *(column.path for column in _OBSERVED)}

# What is unknown of an agent is kept in `agents.extra`: both tables are read from one object.
AGENT_OBSERVATIONS = Table(
    name="agent_observations",
    description="One row per agent and load that listed it: what it was doing then",
    documentation=_AGENTS_API,
    columns=(
        Column("agent_id", Kind.TEXT, "id", "Agent; joins agents.id", required=True),
        *ORGANIZATION,
        *_OBSERVED,
        OBSERVED_AT,
    ),
    omitted={
        **{
            column.path: "in the agents table"
            for column in AGENTS.columns
            if not column.path.startswith("@") and column.path not in _READ
        },
        **AGENTS.omitted,
        "job": "the rest of it is in the jobs table",
    },
    primary_key=(),
    append=True,
)
