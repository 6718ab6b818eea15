"""The first page of a site, and the one that stands where a notebook failed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from buildkite_source.answers.numbers import count, duration, moment, percent
from buildkite_source.digest import Digest, headline, spans
from buildkite_source.digest.html_page import TEMPLATES
from buildkite_source.posting import message_of

from .notebooks import Notebook

_PAGES = Environment(
    loader=FileSystemLoader([Path(__file__).parent, TEMPLATES]),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def index(
    digest: Digest,
    notebooks: Sequence[Notebook],
    failed: Collection[str],
    zone: ZoneInfo,
    now: datetime,
) -> bytes:
    """Return the first page: how it stands, of when that is, and where to look.

    Args:
        digest: What it tells.
        notebooks: Those that have a page.
        failed: Names of those whose page says that they failed.
        zone: Time zone of the times shown.
        now: The time.
    """
    as_of = max(one.as_of for one in digest.looked)
    figures = digest.figures
    page = _PAGES.get_template("index.html.jinja").render(
        title=headline(digest, str),
        spans=list(spans(digest, zone, str)),
        made=f"{moment(now, zone)} ({zone.key})",
        age=duration(max((now - as_of).total_seconds(), 0)),
        notes=digest.notes,
        message=message_of(digest, zone),
        figures=figures,
        rate=percent(figures["success_rate"]),
        rate_before=percent(figures["previous_success_rate"]),
        clean=percent(figures["clean_success_rate"]),
        failed_builds=count(figures["failed"]),
        finished_builds=count(figures["n"]),
        red_now=count(figures["main_red_now"]),
        red_longest=duration((figures["main_red_hours"] or 0) * 3600),
        notebooks=notebooks,
        failed=failed,
    )
    return page.encode()


def failed_page(notebook: Notebook, zone: ZoneInfo, now: datetime) -> bytes:
    """Return the page that says that a notebook failed; whoever published was told why."""
    page = _PAGES.get_template("failed.html.jinja").render(
        title=notebook.title, made=f"{moment(now, zone)} ({zone.key})"
    )
    return page.encode()
