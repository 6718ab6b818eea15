"""What the GraphQL way did, in numbers."""

from dataclasses import dataclass


@dataclass(slots=True)
class GraphqlStats:
    """What the client did. `bytes` counts decompressed bodies; `backed_off` is in seconds."""

    requests: int = 0
    bytes: int = 0
    retried: int = 0
    backed_off: float = 0.0


@dataclass(slots=True)
class PointStats:
    """What was spent. `points` is what answers cost, as far as they told; `waited` is seconds."""

    queries: int = 0
    points: int = 0
    limited: int = 0
    waited: float = 0.0
