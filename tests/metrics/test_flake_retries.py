"""What became of builds that were retried for their flakes, and what it took."""

from typing import Any

from .warehouse import Warehouse, at
from .world import World


def asked(build: str, minute: float, status: str = "done", **columns: Any) -> dict[str, Any]:
    return {
        "key": f"retry-flakes/{build}",
        "action": "retry_failed_jobs",
        "requested_at": at(minute),
        "dry": False,
        "status": status,
        **columns,
    }


def test_saved_wasted_and_open(world: World, warehouse: Warehouse) -> None:
    saved = world.build(1, "passed", finished=40)
    # Before it came an automatic retry, which is none of ours.
    first = world.job(saved, "unit", "failed", started=1, finished=3)
    second = world.job(saved, "unit", "failed", started=4, finished=6, retry_of=first)
    hand = {"retry_source_type": "manual"}
    third = world.job(saved, "unit", "failed", started=20, finished=25, retry_of=second, **hand)
    world.job(saved, "unit", started=26, finished=30, retry_of=third)
    other = world.job(saved, "browser", "failed", started=1, finished=5)
    world.job(saved, "browser", started=20, finished=21, retry_of=other, **hand)
    world.job(saved, "lint", started=1, finished=2)

    wasted = world.build(2, "failed", finished=40)
    failed = world.job(wasted, "unit", "failed", started=1, finished=3)
    world.job(wasted, "unit", "failed", started=20, finished=23, retry_of=failed, **hand)

    running = world.build(3, "failed")
    waits = world.job(running, "unit", "failed", started=1, finished=3)
    world.job(running, "unit", "running", started=20, finished=None, retry_of=waits, **hand)

    # Its retries are asynchronous, or not loaded yet.
    unseen = world.build(4, "failed")
    world.job(unseen, "unit", "failed", started=1, finished=3)

    untouched = world.build(5, "failed")
    world.job(untouched, "unit", "failed")
    others = [
        asked(untouched, 15, "dry", dry=True),
        asked(untouched, 15, "refused", key=f"retry-flakes/{untouched}/x"),
        asked(untouched, 15, key=f"other/{untouched}"),
        asked(untouched, 15, key=f"retry-flakes/{untouched}/annotation", action="annotate"),
    ]
    retried = [asked(build, 15) for build in (saved, wasted, running, unseen)]
    warehouse.insert("actions", [*retried, *others])

    columns = ("build_number", "outcome", "steps", "retried_jobs", "retries", "agent_seconds")
    assert warehouse.view("metric_flake_retries", columns) == [
        (1, "saved", "browser and 1 more", 2, 3, (5 + 4 + 1) * 60.0),
        (2, "wasted", "unit", 1, 1, 3 * 60.0),
        (3, "open", "unit", 1, 1, 0.0),
        (4, "open", None, 0, 0, 0.0),
    ]
    times = ("retried_at", "first_failed_at", "green_at", "green_seconds")
    assert warehouse.view("metric_flake_retries", times, "outcome <> 'open'") == [
        (at(15), at(3), at(30), 27 * 60.0),
        (at(15), at(3), None, None),
    ]
