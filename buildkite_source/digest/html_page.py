"""A digest as one HTML file that needs no network."""

from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .cells import cells, shown_columns
from .collect import Digest
from .headline import headline, spans
from .model import Form

# Templates of pages, and the style they share.
TEMPLATES = Path(__file__).parent
_PAGES = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def as_html(digest: Digest, zone: ZoneInfo) -> str:
    """Return a digest as an HTML page, light or dark as the reader's system is.

    Everything is in it, no script, no font, no picture; its policy forbids loading any. Names are
    escaped.
    """
    return _PAGES.get_template("page.html.jinja").render(
        title=headline(digest, str),
        spans=list(spans(digest, zone, str)),
        notes=digest.notes,
        parts=[
            {
                "section": part.section,
                "nothing": part.nothing,
                "columns": shown_columns(part),
                "rows": list(cells(part, zone)),
            }
            for part in digest.shown
        ],
        Form=Form,
    )
