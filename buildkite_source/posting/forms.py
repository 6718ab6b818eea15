"""A message as each service takes it: its text, escaped and short enough.

What others have named stays a name: it is no link, no mark-up and mentions nobody.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .message import Line, Message, Part

# Characters of a message's text. Slack truncates at 40,000 and advises to stay below 4,000
# (https://docs.slack.dev/changelog/2018-truncating-really-long-messages); Discord refuses more than
# 2,000 (https://docs.discord.com/developers/resources/webhook#execute-webhook).
SLACK, DISCORD, PLAIN = 3_500, 2_000, 3_500
# Bytes of what a Teams card says, as JSON in UTF-16. A message may have 28 KB
# (https://learn.microsoft.com/connectors/teams/#known-issues-and-limitations-with-actions), and
# senders have found that more than 14 KB of ASCII are refused.
TEAMS = 26_000
_FULL = "Full report"

Write = Callable[[Part], str]


def slack(message: Message) -> dict[str, Any]:
    """Return the body of Slack's incoming webhooks.

    https://docs.slack.dev/messaging/formatting-message-text: &, < and > are escaped, without which
    `<!channel>` cannot be written; `@name` in a text mentions nobody.
    """
    link = f"<{_slack_address(message.link)}|{_FULL}>" if message.link else ""
    return {"text": _text(message, _slack, link, SLACK, "• "), "unfurl_links": False}


def discord(message: Message) -> dict[str, Any]:
    """Return the body of Discord's webhooks; its `allowed_mentions` lets nobody be mentioned."""
    link = f"[{_FULL}](<{_address(message.link)}>)" if message.link else ""
    text = _text(message, _markdown, link, DISCORD, "- ")
    return {"content": text, "allowed_mentions": {"parse": []}}


def teams(message: Message) -> dict[str, Any]:
    """Return the body of a Teams workflow: an Adaptive Card.

    Its text runs are no Markdown, so that names are shown as they are
    (https://adaptivecards.io/explorer/TextRun.html); people are mentioned by `entities` alone.
    """
    lines: list[dict[str, Any]] = []
    left = TEAMS - _size(message.link)
    for line in (message.title, *message.summary, *message.rows):
        runs = [
            {"type": "TextRun", "text": part.text} | ({"weight": "Bolder"} if part.is_bold else {})
            for part in line
        ]
        block = {"type": "RichTextBlock", "inlines": runs}
        left -= _size(block)
        if left < 0:
            lines.append({"type": "TextBlock", "text": "…"})
            break
        lines.append(block)
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": lines,
    }
    if message.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": _FULL, "url": message.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "content": card}]}


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-16-le", "replace"))


def markdown(message: Message) -> str:
    """Return a message as Markdown, for a build annotation or a file."""
    link = f"[{_FULL}](<{_address(message.link)}>)" if message.link else ""
    # A line break alone is none in Markdown.
    return _text(message, _markdown, link, 1_000_000, "- ", "\n\n")


def plain(message: Message) -> str:
    """Return a message below its title as text, for mail and whatever apprise makes of it."""
    link = f"{_FULL}: {message.link}" if message.link else ""
    return _text(replace(message, title=()), _plain, link, PLAIN, "- ")


def title(message: Message) -> str:
    """Return the title alone, for the subject of a mail."""
    return "".join(map(_plain, message.title))


def _text(
    message: Message, write: Write, link: str, most: int, bullet: str, between: str = "\n"
) -> str:
    def written(line: Line) -> str:
        return "".join(map(write, line))

    first = [written(line) for line in (message.title, *message.summary)]
    rows = [bullet + written(line) for line in message.rows]
    last = [link] if link else []
    while True:
        blocks = [*first, "\n".join(rows), *last]
        text = between.join(block for block in blocks if block)
        if len(text) <= most:
            return text
        # The least important goes first: the last of the rows, then of what stands above, then
        # the link. A title always fits, and nothing is cut: half a name may be mark-up.
        (rows or (first[1:] and first) or last).pop()


def _slack(part: Part) -> str:
    text = part.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if part.link:
        # No mark-up counts in the text of a link.
        text = f"<{_slack_address(part.link)}|{text}>"
    elif part.is_name:
        text = _code(text)
    return _bold(text, "*") if part.is_bold else text


def _slack_address(link: str) -> str:
    return _address(link).replace("&", "&amp;")


def _markdown(part: Part) -> str:
    text = _code(part.text) if part.is_name else re.sub(r"([\\`*_\[\]<>#~])", r"\\\1", part.text)
    if part.link:
        text = f"[{text}](<{_address(part.link)}>)"
    return _bold(text, "**") if part.is_bold else text


def _bold(text: str, mark: str) -> str:
    # With a blank inside, the marks are no marks.
    inner = text.strip()
    return text.replace(inner, f"{mark}{inner}{mark}")


def _code(text: str) -> str:
    # Not every service knows a longer fence, which a backtick in code would take.
    return "`" + text.replace("`", "'") + "`"


def _plain(part: Part) -> str:
    # A word joiner, which nobody sees, keeps services from taking a name for a mention or a tag.
    return re.sub(r"([@<])", "\\1\u2060", part.text) if part.is_name else part.text


def _address(link: str) -> str:
    return re.sub(r"[\s<>|\\`]", lambda match: f"%{ord(match[0]):02X}", link)
