"""Environment variables of jobs: those that are allowed by name, and no others."""

from collections.abc import Callable
from typing import Any

from buildkite_source.client import BuildkiteError, BuildkiteSession, RawItem

from .allowance import Allowance
from .parents import BUILD_PARAMETERS, DetailParents


class NothingAllowedError(BuildkiteError):
    """Environments were asked for without a name that may be kept."""


class JobEnvironments(DetailParents):
    """Jobs whose environment is missing, or was fetched under another list of allowed names.

    Args:
        find: Returns the missing jobs, given the allowed names as they stand in the table.
        allowance: What the load may spend.
        session: Hears what was done and what waits.
        allowed: Names of the variables to keep; all others are dropped as soon as they arrive.
    """

    id_column = "job_id"
    parameters = (*BUILD_PARAMETERS, "job_id")

    def __init__(
        self,
        find: Callable[[str], list[dict[str, Any]]],
        allowance: Allowance,
        session: BuildkiteSession,
        allowed: list[str],
    ) -> None:
        self._names = sorted(set(allowed))
        self._allowed = " ".join(self._names)

        def missing() -> list[dict[str, Any]]:
            if not self._names:
                raise NothingAllowedError(
                    "job_env keeps only variables that are allowed by name, and none is: set "
                    "env_keys, for instance to BUILDKITE_AGENT_META_DATA_QUEUE."
                )
            return find(self._allowed)

        super().__init__("job_env", missing, allowance, session)

    def complete(self, page: list[RawItem], *, last: bool, gone: bool) -> None:
        """Replace what the API sent by what may be kept of it."""
        sent = page[0].get("env") if page else None
        page.clear()
        if last:
            variables = sent if isinstance(sent, dict) else {}
            row = {
                "job_id": self.under_way["job_id"],
                "status": "absent" if gone else "loaded",
                "env": {name: variables[name] for name in self._names if name in variables},
                "allowed": self._allowed,
            }
            page.append(self.item(row, self.under_way, self.session.api_time))
