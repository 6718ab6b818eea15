"""What a message says of a digest: a few lines, in whatever form they will be written."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from buildkite_source.answers.numbers import NOTHING, absent, count, duration, percent
from buildkite_source.digest import Digest, headline, spans
from buildkite_source.printable import one_line

# However many are red: a message is no list.
_MOST_RED = 5
# A name of thousands of characters would leave no room for anything else, nor would many names.
_LONGEST_NAME = 120
_LONGEST_IN_TITLE = 60
_LONGEST_NOTE = 300
_MOST_IN_TITLE = 3
_MARK = "\0"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line.

    Attributes:
        text: What it says. A name may be anything: who writes it down makes it harmless.
        is_name: It was given by others.
        is_bold: It is what the line is about.
        link: Address it leads to; "" without one.
    """

    text: str
    is_name: bool = False
    is_bold: bool = False
    link: str = ""


Line = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes:
        title: Of what it is.
        summary: Lines on all of it.
        rows: A line for each of the pipelines with the most failures.
        link: Address of the full report; "" without one.
    """

    title: Line
    summary: tuple[Line, ...]
    rows: tuple[Line, ...]
    link: str = ""


def message_of(digest: Digest, zone: ZoneInfo, page_url: str | None = None) -> Message:
    """Return the message on a digest.

    Args:
        digest: The digest.
        zone: Time zone of the times shown.
        page_url: Address of the full report.
    """
    title = _named_parts(headline(digest, _mark, _MOST_IN_TITLE))
    times = [_named_parts(line.strip()) for line in spans(digest, zone, _mark)]
    if len(times) > _MOST_IN_TITLE:
        times[_MOST_IN_TITLE:] = [(Part(f"And {len(times) - _MOST_IN_TITLE:,} more."),)]
    notes = [(Part(_short(note, _LONGEST_NOTE), is_name=True),) for note in digest.notes]
    # Where there is too little room, the last are left out.
    summary = (*times, _rate(digest), _red(digest), *notes)
    return Message(title, summary, tuple(_rows(digest)), page_url or "")


def _mark(name: str) -> str:
    # No name holds the mark: control characters are taken out of them before.
    return f"{_MARK}{_short(name, _LONGEST_IN_TITLE)}{_MARK}"


def _named_parts(text: str) -> Line:
    parts = enumerate(text.split(_MARK))
    return tuple(Part(one, is_name=place % 2 == 1) for place, one in parts if one)


def _rate(digest: Digest) -> Line:
    figures = digest.figures
    if not figures["n"]:
        return (Part("No build passed or failed."),)
    before = figures["previous_success_rate"]
    then = "" if absent(before) else f", before: {percent(before)}"
    return (
        Part("Success rate "),
        Part(percent(figures["success_rate"]), is_bold=True),
        Part(f": {count(figures['failed'])} of {count(figures['n'])} builds failed{then}."),
    )


def _red(digest: Digest) -> Line:
    red = [row for row in digest.red if not absent(row["still_red_since"])]
    if digest.figures["main_red_now"] is None:
        return (Part("Of main being red, nothing is loaded."),)
    if not red:
        return (Part("No default branch is red."),)
    ends = {one.organization: one.as_of for one in digest.looked}
    parts = [Part("Main is red: ", is_bold=True)]
    for place, row in enumerate(red[:_MOST_RED]):
        as_of = ends.get(row["organization_slug"], digest.looked[0].as_of)
        since = max((as_of - row["still_red_since"]).total_seconds(), 0)
        parts += [Part(", ")] * bool(place)
        parts += [Part(_name(row), is_name=True), Part(f" for {duration(since)}")]
    more = len(red) - _MOST_RED
    return (*parts, Part(f" and {more:,} more." if more > 0 else "."))


def _rows(digest: Digest) -> list[Line]:
    rows: list[Line] = []
    for row in digest.most_failures.rows:
        link = str(row["pipeline_url"] or "")
        # Addresses come from the API; a message is no place for anything else than a page.
        link = link if link.startswith(("https://", "http://")) else ""
        told = (
            f": {count(row['failed'])} of {count(row['n'])} failed ({percent(row['failure_rate'])})"
        )
        line = [Part(_name(row), is_name=True, link=link), Part(told)]
        if row["step"]:
            line += [
                Part(f", {count(row['step_failed'])} of them at "),
                Part(_short(str(row["step"])), is_name=True),
            ]
        rows.append(tuple(line))
    return rows


def _name(row: dict[str, object]) -> str:
    slugs = (row["organization_slug"], row["pipeline_slug"])
    return _short("/".join(str(slug) for slug in slugs if slug))


def _short(text: str, most: int = _LONGEST_NAME) -> str:
    text = one_line(text) or NOTHING
    return text if len(text) <= most else text[: most - 1] + "…"
