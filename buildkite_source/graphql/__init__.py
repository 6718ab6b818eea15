"""Annotations of many builds in one GraphQL query, with a budget of points of its own.

REST needs a request per build for annotations; GraphQL asks a hundred builds at once, out of a
budget that REST does not touch. `annotations` yields what REST would, or says for which builds
REST has to be asked. Nothing here knows dlt or a database.

Artifacts have no GraphQL way (`NO_ARTIFACTS` says so to people). `JobTypeCommand.artifacts` is
the only list, without cursors, so each build has to be asked for all of its jobs: 4 points and 3
for each job and 1 for each artifact, about 100 for a build of 20 jobs, which is 45 builds in five
minutes where REST reads 225. Nor would rows be identical: the API has no `dirname`, `filename`,
`url` and `download_url` (its `downloadURL` is a signed one that lasts ten minutes), and whether
jobs that were retried are listed with their build is not documented
(https://buildkite.com/docs/apis/graphql/graphql-resource-limits,
https://buildkite.com/docs/apis/rest-api/artifacts).
"""

from .address import PUBLIC_URL, graphql_url_of
from .annotations import annotations
from .batches import LEAST_BUILDS, Gone, TooLong
from .client import GraphqlClient
from .cost import annotations_of_build
from .errors import GraphqlError, NoGraphqlAccessError, TooHeavyError
from .points import PointBudget

NO_ARTIFACTS = (
    "Artifacts are always loaded by REST: GraphQL lists them job by job, without pages, and "
    "lacks some of their fields."
)

__all__ = [
    "LEAST_BUILDS",
    "NO_ARTIFACTS",
    "PUBLIC_URL",
    "Gone",
    "GraphqlClient",
    "GraphqlError",
    "NoGraphqlAccessError",
    "PointBudget",
    "TooHeavyError",
    "TooLong",
    "annotations",
    "annotations_of_build",
    "graphql_url_of",
]
