"""Why a request, a message or a line is not taken: a word for it, the status, and what it means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason.

    Attributes:
        status: Of HTTP.
        meaning: For whoever has set it up, who may want to do something about it.
    """

    status: int
    meaning: str


REFUSALS = {
    "malformed": Refusal(400, "it is no JSON object with the name of an event"),
    "cut_off": Refusal(400, "the sender hung up"),
    "unsigned": Refusal(401, "it has neither a token nor a signature: give the webhook a token"),
    "token": Refusal(401, "its token is none of webhook_tokens"),
    "signature": Refusal(401, "its signature is by none of webhook_tokens"),
    "replayed": Refusal(
        401, "its signature is older, or younger, than replay_seconds: look at this machine's clock"
    ),
    "sender": Refusal(
        403,
        "GET /v2/meta does not name its sender; behind a proxy, trusted_proxies has to be set",
    ),
    "too_large": Refusal(413, "it is larger than most_event_bytes"),
    "content_type": Refusal(415, "it is not application/json"),
    "disk": Refusal(503, "the inbox could not be written: see that its disk has room"),
    "overloaded": Refusal(503, "more came at once than the disk takes"),
}


class RefusedError(Exception):
    """A request is not taken.

    Attributes:
        reason: One of `REFUSALS`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
