"""A digest as a short message to where people look: chats, mail, a build, any webhook."""

from buildkite_source.settings import Posting, posting_settings

from .message import Message, message_of
from .model import Place, PostError
from .places import NAMES, check_addresses, check_where, places
from .worth import WHEN, verdicts, why_not

__all__ = [
    "NAMES",
    "WHEN",
    "Message",
    "Place",
    "PostError",
    "Posting",
    "check_addresses",
    "check_where",
    "message_of",
    "places",
    "posting_settings",
    "verdicts",
    "why_not",
]
