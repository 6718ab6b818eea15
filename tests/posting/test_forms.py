"""What each service is sent, as files to look at: snapshots/, which WRITE_SNAPSHOTS=1 writes."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt

from buildkite_source.digest import Digest
from buildkite_source.posting import Message, forms, message_of

from . import digests

_SNAPSHOTS = Path(__file__).parent / "snapshots"
_PAGE = "https://ci.example.com/report?a=1&b=2"
_DIGESTS = {"usual": digests.usual, "hostile": digests.hostile, "quiet": digests.quiet}


def _json(form: Callable[[Message], dict[str, Any]]) -> Callable[[Message], str]:
    return lambda message: json.dumps(form(message), indent=2, ensure_ascii=False) + "\n"


_FORMS: dict[str, Callable[[Message], str]] = {
    "slack.json": _json(forms.slack),
    "discord.json": _json(forms.discord),
    "teams.json": _json(forms.teams),
    "annotation.md": lambda message: forms.markdown(message) + "\n",
    "mail.txt": lambda message: f"{forms.title(message)}\n\n{forms.plain(message)}\n",
}


def message(digest: Digest) -> Message:
    return message_of(digest, ZoneInfo("UTC"), _PAGE)


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("name", _DIGESTS)
def test_a_message_reads_as_it_did(name: str, form: str) -> None:
    file = _SNAPSHOTS / f"{name}.{form}"
    text = _FORMS[form](message(_DIGESTS[name]()))
    if os.environ.get("WRITE_SNAPSHOTS"):
        file.write_text(text)
    assert text == file.read_text()


def test_slack_is_told_of_nobody_and_of_no_link_but_ours() -> None:
    text = forms.slack(message(digests.hostile()))["text"]
    tags = re.findall(r"<([^|<>]*)\|[^<>]*>", text)
    assert tags == [
        "https://buildkite.com/a%7Cb%3E)%3C!channel%3E%20x",
        _PAGE.replace("&", "&amp;"),
    ]
    assert text.count("<") == len(tags)
    assert "<!" not in text
    assert "<@" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_discord_may_mention_nobody() -> None:
    body = forms.discord(message(digests.hostile()))
    assert body["allowed_mentions"] == {"parse": []}
    _is_harmless(body["content"])


def test_teams_takes_names_for_text() -> None:
    body = forms.teams(message(digests.hostile()))
    (attached,) = body["attachments"]
    card = attached["content"]
    assert "msteams" not in card
    kinds = {line["type"] for line in card["body"]}
    # Markdown counts in a TextBlock alone.
    assert kinds == {"RichTextBlock"}
    assert [action["url"] for action in card["actions"]] == [_PAGE]


def test_an_annotation_has_no_markup_but_ours() -> None:
    _is_harmless(forms.markdown(message(digests.hostile())))


def _is_harmless(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    parts = [part for token in tokens for part in (token, *(token.children or []))]
    links = [str(part.attrs["href"]) for part in parts if part.type == "link_open"]
    assert len(links) == 2
    assert all(link.startswith(("https://buildkite.com/", _PAGE[:24])) for link in links)
    assert not [part for part in parts if part.type.startswith(("html", "image", "heading"))]
    shown = "".join(part.content for part in parts if part.type == "text")
    assert "@" not in shown
    codes = [part.content for part in parts if part.type == "code_inline"]
    assert any("@here" in code for code in codes)


def test_text_mentions_nobody() -> None:
    text = forms.plain(message(digests.hostile()))
    assert "@here" not in text
    assert "<!channel>" not in text
    assert text.replace("\u2060", "").count("@here") == 7


@pytest.mark.parametrize(
    ("form", "most"),
    [("slack.json", 4_000), ("discord.json", 2_000), ("mail.txt", 4_000), ("teams.json", 28_000)],
)
def test_a_long_message_fits_and_keeps_what_matters(form: str, most: int) -> None:
    rows = [digests.failing("acme" * 40, f"p{place}" * 40, 8, 40, "t" * 500) for place in range(99)]
    red = [("a" * 300, f"{place}" * 300, 1.0, digests.AS_OF) for place in range(99)]
    long = message(digests.digest(rows, red))
    if form == "slack.json":
        assert len(forms.slack(long)["text"]) <= most
    if form == "discord.json":
        assert len(forms.discord(long)["content"]) <= most
    text = _FORMS[form](long)
    assert len(text.encode()) <= most * 2
    assert "Success rate" in text
    assert _PAGE in text.replace("&amp;", "&")
    assert "and 94 more." in text


_LONG = {
    "hostile": digests.HOSTILE * 3,
    # Two characters each in UTF-16, and twelve in JSON that is ASCII alone.
    "emoji": "😀" * 200,
    "escaped": '&"\\<' * 50,
    "short": "p",
}


@pytest.mark.parametrize("names", _LONG)
@pytest.mark.parametrize("organizations", [1, 60])
def test_sixty_of_everything_fit_and_nothing_is_cut_within(names: str, organizations: int) -> None:
    name = _LONG[names]
    rows = [digests.failing(name, f"{place}{name}", 8, 40, name) for place in range(60)]
    red = [(name, f"{place}{name}", 1.0, digests.AS_OF) for place in range(60)]
    of = tuple(f"{place}{name}" for place in range(organizations))
    long = message(digests.digest(rows, red, organizations=of))
    slack, discord = forms.slack(long)["text"], forms.discord(long)["content"]
    teams = json.dumps(forms.teams(long), ensure_ascii=False)
    assert len(slack) <= 4_000
    assert len(discord) <= 2_000
    assert len(teams.encode("utf-16-le")) <= 28_000
    for text in (slack, discord, teams, forms.plain(long)):
        assert "Success rate" in text
        assert "and 55 more." in text
        assert "Full report" in text
    for text in (slack, discord):
        assert text.count("`") % 2 == 0
    assert len(forms.title(long)) < 250
