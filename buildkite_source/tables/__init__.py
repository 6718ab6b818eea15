"""One definition per table, and everything made from it: Arrow, hints, documentation."""

from .account import ACCESS_TOKENS, CURRENT_USER, META, RATE_LIMITS
from .actions import ACTIONS
from .agents import AGENT_OBSERVATIONS, AGENTS
from .arrow import Rejected, Shaper, arrow_schema
from .automation import GITHUB_WEBHOOKS, PIPELINE_SCHEDULES, PIPELINE_TEMPLATES, PORTALS, RULES
from .build_exports import BUILD_EXPORTS, EXPORT_DAYS
from .builds import BUILDS
from .clusters import CLUSTER_MAINTAINERS, CLUSTER_QUEUES, CLUSTER_SECRETS, CLUSTER_TOKENS, CLUSTERS
from .connections import NOTIFICATION_SERVICES, REPOSITORIES, REPOSITORY_CONNECTIONS
from .decode import harmless
from .details import ANNOTATIONS, ARTIFACTS, BUILD_COLUMNS, FETCHED_DETAILS
from .documentation import comment_statements, markdown
from .events import EVENTS
from .hints import resource_hints, table_schema
from .hosted import AGENT_IMAGES, CACHE_VOLUMES, NETWORK_RANGES
from .job_env import JOB_ENV
from .job_logs import JOB_LOG_LINES, JOB_LOGS
from .jobs import JOBS
from .members import AUDIT_EVENTS, INVITATIONS, ORGANIZATION_MEMBERS
from .model import (
    EXTRA,
    FETCHED_AT,
    FROM_API,
    FROM_ARCHIVE,
    FROM_EXPORT,
    ORGANIZATION_ID,
    Column,
    Kind,
    Table,
)
from .organization_settings import API_SETTINGS, EMOJIS, PIPELINE_SETTINGS
from .organization_tables import (
    ACCOUNT_TABLES,
    AGENT_TABLES,
    AUTOMATION_TABLES,
    CLUSTER_TABLES,
    CONNECTION_TABLES,
    HOSTED_TABLES,
    MEMBER_TABLES,
    ORGANIZATION_TABLES,
    PACKAGE_TABLES,
    SETTING_TABLES,
    TEAM_TABLES,
    TEST_TABLES,
    UPLOAD_TABLES,
)
from .organizations import ORGANIZATIONS
from .packages import PACKAGES, REGISTRIES, REGISTRY_TOKENS
from .personal import PersonalData, protected
from .pipelines import PIPELINES
from .slices import MISSING_BUILDS, REJECTED, SLICES
from .step_uploads import STEP_UPLOADS
from .teams import TEAM_MEMBERS, TEAM_PIPELINES, TEAM_SUITES, TEAMS
from .test_engine import FAILED_EXECUTIONS, MUTED_TESTS, SKIPPED_TESTS, SUITES, TEST_RUNS, TESTS

# Loaded by a plain run: lists only.
TABLES: tuple[Table, ...] = (
    ORGANIZATIONS,
    PIPELINES,
    BUILDS,
    JOBS,
    SLICES,
    MISSING_BUILDS,
    REJECTED,
)
# Loaded when asked for: they cost a request or more for each build or job.
DETAILS: tuple[Table, ...] = (ANNOTATIONS, ARTIFACTS, FETCHED_DETAILS, JOB_ENV)
LOGS: tuple[Table, ...] = (JOB_LOGS, JOB_LOG_LINES)
# What was read of build exports; rows of other tables come with them.
EXPORTS: tuple[Table, ...] = (BUILD_EXPORTS, EXPORT_DAYS)
# Not asked for: Buildkite sends them.
SENT: tuple[Table, ...] = (EVENTS,)
# What was asked of Buildkite, not read of it.
ASKED: tuple[Table, ...] = (ACTIONS,)
EVERY_TABLE = TABLES + DETAILS + LOGS + EXPORTS + SENT + ASKED + ORGANIZATION_TABLES

__all__ = [
    "ACCESS_TOKENS",
    "ACCOUNT_TABLES",
    "ACTIONS",
    "AGENTS",
    "AGENT_IMAGES",
    "AGENT_OBSERVATIONS",
    "AGENT_TABLES",
    "ANNOTATIONS",
    "API_SETTINGS",
    "ARTIFACTS",
    "ASKED",
    "AUDIT_EVENTS",
    "AUTOMATION_TABLES",
    "BUILDS",
    "BUILD_COLUMNS",
    "BUILD_EXPORTS",
    "CACHE_VOLUMES",
    "CLUSTERS",
    "CLUSTER_MAINTAINERS",
    "CLUSTER_QUEUES",
    "CLUSTER_SECRETS",
    "CLUSTER_TABLES",
    "CLUSTER_TOKENS",
    "CONNECTION_TABLES",
    "CURRENT_USER",
    "DETAILS",
    "EMOJIS",
    "EVENTS",
    "EVERY_TABLE",
    "EXPORTS",
    "EXPORT_DAYS",
    "EXTRA",
    "FAILED_EXECUTIONS",
    "FETCHED_AT",
    "FETCHED_DETAILS",
    "FROM_API",
    "FROM_ARCHIVE",
    "FROM_EXPORT",
    "GITHUB_WEBHOOKS",
    "HOSTED_TABLES",
    "INVITATIONS",
    "JOBS",
    "JOB_ENV",
    "JOB_LOGS",
    "JOB_LOG_LINES",
    "LOGS",
    "MEMBER_TABLES",
    "META",
    "MISSING_BUILDS",
    "MUTED_TESTS",
    "NETWORK_RANGES",
    "NOTIFICATION_SERVICES",
    "ORGANIZATIONS",
    "ORGANIZATION_ID",
    "ORGANIZATION_MEMBERS",
    "ORGANIZATION_TABLES",
    "PACKAGES",
    "PACKAGE_TABLES",
    "PIPELINES",
    "PIPELINE_SCHEDULES",
    "PIPELINE_SETTINGS",
    "PIPELINE_TEMPLATES",
    "PORTALS",
    "RATE_LIMITS",
    "REGISTRIES",
    "REGISTRY_TOKENS",
    "REJECTED",
    "REPOSITORIES",
    "REPOSITORY_CONNECTIONS",
    "RULES",
    "SENT",
    "SETTING_TABLES",
    "SKIPPED_TESTS",
    "SLICES",
    "STEP_UPLOADS",
    "SUITES",
    "TABLES",
    "TEAMS",
    "TEAM_MEMBERS",
    "TEAM_PIPELINES",
    "TEAM_SUITES",
    "TEAM_TABLES",
    "TESTS",
    "TEST_RUNS",
    "TEST_TABLES",
    "UPLOAD_TABLES",
    "Column",
    "Kind",
    "PersonalData",
    "Rejected",
    "Shaper",
    "Table",
    "arrow_schema",
    "comment_statements",
    "harmless",
    "markdown",
    "protected",
    "resource_hints",
    "table_schema",
]
