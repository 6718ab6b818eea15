"""Why attempts failed: by class, annotation and log."""

from .warehouse import Warehouse
from .world import World


def test_failure_classes(world: World) -> None:
    build = world.build(1, "failed")
    cases = {
        "expired": ("expired", {"started": None}),
        "timed out": ("timed_out", {"signal_reason": "cancel"}),
        "agent lost": ("failed", {"exit_status": -1, "signal_reason": "agent_stop"}),
        "signal process_run_error": ("failed", {"signal_reason": "process_run_error"}),
        "exit 127": ("failed", {"exit_status": 127}),
        "unknown": ("failed", {}),
    }
    for step, (state, columns) in cases.items():
        world.job(build, step, state, **columns)  # type: ignore[arg-type]
    world.job(build, "soft", "failed", soft_failed=True, exit_status=1)
    world.job(build, "broken", "broken")
    retried = world.job(build, "exit 1", "failed", exit_status=1)
    world.job(build, "exit 1", retry_of=retried)
    found = world.warehouse.view(
        "metric_failures_hourly", ("step", "failure_class", "failures", "hard_failures")
    )
    assert found == sorted([(step, step, 1, 1) for step in cases] + [("exit 1", "exit 1", 1, 0)])


def test_failures_by_annotation_and_log(world: World, warehouse: Warehouse) -> None:
    build = world.build(1, "failed")
    failed, silent = world.job(build, "a", "failed"), world.job(build, "b", "failed")
    passed = world.job(build, "c")
    warehouse.insert(
        "annotations",
        [
            {"id": style, "build_id": build, "style": style, "body_text": f"{style}!"}
            for style in ("error", "warning")
        ],
    )
    logs = {
        failed: [
            "--- tests",
            'Error: got "12" after 0.53s in 7f3a9c21',
            "",
            "cleaning up",
            "🚨 Error: The command exited with status 1",
        ],
        silent: ["one", "last words 3", " "],
        passed: ["Error: none of ours"],
    }
    warehouse.insert(
        "job_log_lines",
        [
            {"job_id": job, "line_number": number, "text": text, "is_header": text[:3] == "---"}
            for job, lines in logs.items()
            for number, text in enumerate(lines, 1)
        ],
    )
    found = warehouse.view("metric_failure_annotations", ("build_number", "body_text"))
    assert found == [(1, "error!")]
    columns = ("step", "line_number", "line", "signature")
    assert warehouse.view("metric_failure_signatures", columns) == [
        ("a", 2, 'Error: got "12" after 0.53s in 7f3a9c21', "error: got # after #s in #"),
        ("b", 2, "last words 3", "last words #"),
    ]
