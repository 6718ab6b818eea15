"""A digest as JSON, for programs."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from buildkite_source.metrics import every_view
from buildkite_source.metrics.documentation import description_of

from .collect import Digest, Part


def as_json(digest: Digest) -> str:
    """Return a digest as one JSON object, which ends in a line break.

    It is what `plain` gives.
    """
    # ASCII: whatever the terminal, nothing of it has to be escaped another way.
    return json.dumps(plain(digest), indent=2) + "\n"


def plain(digest: Digest) -> dict[str, Any]:
    """Return a digest as what JSON is made of.

    Shares are from 0 to 1, durations in seconds, times in UTC; null is what SQL's NULL is. Rows
    have what people are shown and what it is made of; `columns` explains those of the view.
    `figures` has what conditions are about, of all pipelines and whatever `top` is.
    """
    parts = [*digest.parts, digest.most_failures]
    return {
        "organizations": [
            {
                "organization": one.organization,
                "as_of": _plain(one.as_of),
                "previous_since": _plain(one.previous_since),
                "since": _plain(one.since),
                "until": _plain(one.until),
            }
            for one in digest.looked
        ],
        "pipelines": list(digest.scope.pipelines),
        "notes": digest.notes,
        "figures": {name: _plain(value) for name, value in digest.figures.items()},
        "sections": {part.section.key: _section(part) for part in parts},
    }


def _section(part: Part) -> dict[str, Any]:
    view = next(view for view in every_view() if view.name == part.section.view)
    names = part.rows[0].keys() if part.rows else ()
    return {
        "title": part.section.title,
        "note": part.section.note,
        "view": view.name,
        "is_loaded": not part.missing,
        "columns": {name: description_of(view, name) for name in view.columns if name in names},
        "rows": [{name: _plain(value) for name, value in row.items()} for row in part.rows],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return float(value) if isinstance(value, Decimal) else value
