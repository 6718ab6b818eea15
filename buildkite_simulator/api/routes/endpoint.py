"""What a row of the tables of routes is."""

from collections.abc import Callable
from typing import NamedTuple

from starlette.responses import Response

from buildkite_simulator.api.call import Call
from buildkite_simulator.switches import Switches

Handler = Callable[[Call], Response]
NeededScope = str | Callable[[Switches], str] | None

ORGANIZATION = "/v2/organizations/{organization}"
PIPELINE = ORGANIZATION + "/pipelines/{pipeline}"
BUILD = PIPELINE + "/builds/{number}"


class Endpoint(NamedTuple):
    """What a request is answered by; the scope may depend on a switch."""

    method: str
    path: str
    needs: NeededScope
    handler: Handler

    def scope(self, switches: Switches) -> str | None:
        """Return the scope that a token needs."""
        return self.needs(switches) if callable(self.needs) else self.needs
