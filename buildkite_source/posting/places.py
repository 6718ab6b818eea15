"""`--post WHERE` → a place: which form a message takes there, and how it is sent."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from buildkite_source.settings import POSTING_SECTIONS, Posting, SettingError

from . import forms
from .by_apprise import send_text
from .in_time import in_time
from .message import Message
from .model import Place
from .web import send_json

_FORMS: Mapping[str, Callable[[Message], dict[str, Any]]] = {
    "slack": forms.slack,
    "teams": forms.teams,
    "discord": forms.discord,
}
# Those with a name of their own; everything else is an address of apprise.
NAMES = (*_FORMS, "webhook", "email", "annotation")


def check_where(text: str) -> str:
    """Return a word of `--post` as it is, once it is known to be one.

    Raises:
        ValueError: It is none; the text lists them.
    """
    if text not in NAMES and "://" not in text:
        raise ValueError(f"{_named(text)} is none of {', '.join(NAMES)}, and no address of apprise")
    return text


def check_addresses(where: Sequence[str], settings: Posting) -> None:
    """Refuse places whose address is not set, before anything is asked for.

    Raises:
        SettingError: Its text names the setting.
    """
    for word in where:
        if word in NAMES and word != "annotation":
            _address(word, settings)


def places(
    where: Sequence[str],
    message: Message,
    report: Mapping[str, Any],
    settings: Posting,
    annotation: Callable[[Message], Place],
) -> list[Place]:
    """Return the places that words of `--post` name, each of them once.

    Addresses have been checked.

    Args:
        where: The words.
        message: The message.
        report: The whole digest, as JSON has it, for `webhook`.
        settings: With the addresses.
        annotation: Makes the place of a build annotation.
    """
    found = []
    for word in dict.fromkeys(where):
        if word == "annotation":
            found.append(annotation(message))
        elif word in _FORMS:
            found.append(_web(word, _FORMS[word](message), settings))
        elif word == "webhook":
            found.append(_web(word, report, settings))
        else:
            found.append(_apprise(word, message, settings))
    # Two words may be of one address.
    return list({place.key: place for place in found}.values())


def _web(word: str, body: Mapping[str, Any], settings: Posting) -> Place:
    url, timeout = _address(word, settings), settings.timeout_seconds
    # JSON holds no control characters, and a terminal is spared all that is not ASCII.
    shown = json.dumps(body, indent=2, ensure_ascii=False)
    return _place(word, url, shown, lambda: send_json(url, body, timeout), settings)


def _apprise(word: str, message: Message, settings: Posting) -> Place:
    url = _address(word, settings) if word == "email" else word
    title, text = forms.title(message), forms.plain(message)
    shown = f"{title}\n\n{text}"
    return _place(_named(word), url, shown, lambda: send_text(url, title, text), settings)


def _place(name: str, url: str, shown: str, send: Callable[[], None], settings: Posting) -> Place:
    # So long for a connection, and as long for the answer.
    bound = 2 * settings.timeout_seconds
    return Place(name, _key(name, url), shown, lambda: in_time(send, bound))


def _address(word: str, settings: Posting) -> str:
    name = f"{word}_url"
    url = str(getattr(settings, name) or "").strip()
    if not url:
        raise SettingError(
            f"Posting to {word} needs the setting {name}: put it into .dlt/secrets.toml below "
            f"[{'.'.join(POSTING_SECTIONS)}], or into the environment as "
            f"{'__'.join((*POSTING_SECTIONS, name)).upper()}."
        )
    return url


def _named(word: str) -> str:
    """Return what a word is called: of an address its scheme alone, as all else may be secret."""
    return f"{word.partition('://')[0]}://…" if "://" in word else repr(word)[1:-1]


def _key(name: str, url: str) -> str:
    return f"{name} {sha256(url.encode()).hexdigest()[:12]}"
