"""Rows of every table that views read, with what engines are known to differ in."""

from typing import Any

from tests.metrics.random_rows import AS_OF, random_rows
from tests.metrics.warehouse import Row, at

# To Java's regular expressions [[:space:]] is a class of letters; so names have them.
_NAMES = [":broom: lint  spaces", "pass :e2e_test: apes", ":a: :b:", "Größe\tprüfen", None]
_LINES = [
    "compiling 12 of 30 at 0xdeadbeef",
    'Error: "it broke" at 12:30:07.5',
    "🚨 Error: The command exited with status 1",
    "",
    "warning: 'x' NOT FOUND\tin abcdef0123456",
]
_EVENTS = {
    "agent_id": ["agent.connected", "agent.stopping", "agent.lost"],
    "job_id": ["job.scheduled", "job.started", "job.finished"],
}


def every_row(seed: int) -> dict[str, list[Row]]:
    """Return rows of two organizations: random builds and jobs, and what hangs on them."""
    rows = random_rows(seed)
    for number, job in enumerate(rows["jobs"]):
        job["agent_meta_data"] = ('["os=linux", "queue=arm"]', "[]", None)[number % 3]
        job["matrix"] = ('{"os": "linux", "v": 2}', None)[number % 2]
        if job.get("name"):
            job["name"] = _NAMES[number % len(_NAMES)]
    for build in rows["builds"]:
        # A column in which one engine or another sees a word of its own.
        build["message"] = "it's \\ 100 % :done:"
        if build["state"] == "running":
            rows["jobs"] += [_waiting(build, state) for state in ("scheduled", "running")]
    rows["pipelines"][1]["tags"] = '["team-a", "deploy"]'
    failed = [job for job in rows["jobs"] if job.get("state") == "failed"]
    rows["job_log_lines"] = [
        {
            "job_id": job["id"],
            "line_number": number,
            "text": text,
            "is_header": None if number else True,
            "fetched_at": at(AS_OF),
        }
        for job in failed
        for number, text in enumerate(_LINES)
    ]
    rows["annotations"] = [
        {
            "id": f"a{job['id']}",
            "build_id": job["build_id"],
            "job_id": job["id"],
            "style": "error",
            "context": "default",
            "body_text": "boom",
            "created_at": at(AS_OF - 1),
            "fetched_at": at(AS_OF),
        }
        for job in failed[::3]
    ]
    rows["events"] = [
        {
            "id": f"{name}{number}",
            "event": name,
            own: f"{own}{number % 4}",
            "occurred_at": at(number) if number % 3 else None,
            "received_at": at(number + 1),
            "fetched_at": at(number + 1),
        }
        for own, names in _EVENTS.items()
        for number, name in enumerate(names * 5)
    ]
    rows["missing_builds"] = [
        {"id": build["id"], "organization_id": build["organization_id"]}
        for build in rows["builds"]
        if build["state"] == "running"
    ][1:2]
    rows["slices"] = [_slice(number, *span) for number, span in enumerate(_SPANS)]
    return rows


def _waiting(build: Row, state: str) -> Row:
    return {
        "id": f"{build['id']}-{state}",
        "organization_id": build["organization_id"],
        "organization_slug": build["organization_slug"],
        "pipeline_id": build["pipeline_id"],
        "build_id": build["id"],
        "build_number": build["number"],
        "type": "script",
        "state": state,
        "runnable_at": build["created_at"],
        "created_at": build["created_at"],
        "fetched_at": at(AS_OF),
    }


# From and to, in days.
_SPANS = [(0, 2), (2, 3), (1, 2.5), (5, 8), (9, 9), (9, 10)]


def _slice(number: int, start: float, end: float) -> dict[str, Any]:
    return {
        "organization_id": f"o{number % 2}",
        "list": "o",
        "pass": ("new", "history", "open")[number % 5 % 3],
        "read_from": at(start * 1440),
        "created_to": at(end * 1440),
    }
