"""Steps of typical pipelines."""

from collections.abc import Callable
from dataclasses import replace

from buildkite_simulator.world.model import Step

WAIT = Step("waiter")
UPLOAD = Step(
    key="upload",
    label=":pipeline: Upload",
    command="buildkite-agent pipeline upload",
    minutes=0.15,
    failure=0.002,
)


def script(key: str, label: str, minutes: float, **traits: object) -> Step:
    """Return a command step that runs `make <key>`."""
    return Step(
        key=key,
        label=label,
        minutes=minutes,
        **{"command": f"make {key}", **traits},  # type: ignore[arg-type]
    )


def web(deploy: str | None) -> tuple[Step, ...]:
    """A large application: linters in a group, sharded flaky tests, an image, a deploy."""
    steps = [
        UPLOAD,
        script("lint", ":eslint: Lint", 1.5, group="Static checks", failure=0.02),
        script("types", ":typescript: Types", 2.2, group="Static checks", failure=0.015),
        script("unit", ":jest: Unit tests", 6, parallelism=3, failure=0.025, flake=0.03, retries=1),
        script(
            "browser",
            ':playwright: Browser <tests> & "journeys"',
            9,
            parallelism=2,
            failure=0.02,
            flake=0.12,
            retries=2,
            timeout_minutes=30,
            artifact_paths="screenshots/**/*.png;report.html",
        ),
        script("licences", ":scroll: Licence check", 0.6, soft=True, failure=0.03, flake=0.03),
        WAIT,
        script("image", ":docker: Build image", 3.5, queue="builders", failure=0.008),
    ]
    return (*steps, *_hand_over(deploy))


def service(deploy: str | None) -> tuple[Step, ...]:
    """A backend service."""
    steps = [
        UPLOAD,
        script("lint", ":golangci: Lint", 1.1, failure=0.02),
        script("unit", ":go: Unit tests", 3.2, failure=0.025, flake=0.02, retries=1),
        script("integration", ":postgres: Integration", 6.5, failure=0.02, flake=0.07, retries=1),
        WAIT,
        script("image", ":docker: Image", 2.8, queue="builders", failure=0.008),
    ]
    return (*steps, *_hand_over(deploy))


def gated(_: str | None) -> tuple[Step, ...]:
    """A service whose builds end at a question, and mostly stay there."""
    return (
        UPLOAD,
        script("lint", ":golangci: Lint", 1.1, failure=0.02),
        script("unit", ":go: Unit tests", 3.2, failure=0.025, flake=0.02, retries=1),
        WAIT,
        Step("manual", key="deploy-gate", label=":rocket: Deploy?", unblocked=0.12),
        script("deploy", ":kubernetes: Deploy", 2.4, queue="deploy", failure=0.01),
    )


def deployment(_: str | None) -> tuple[Step, ...]:
    """Staging, a smoke test, a person who lets it go, production."""
    return (
        script(
            "staging",
            ":kubernetes: Deploy to staging",
            2.5,
            queue="deploy",
            concurrency_group="deploy/staging",
            failure=0.015,
            flake=0.01,
        ),
        script(
            "smoke", ":fire: Smoke test", 1.8, queue="deploy", failure=0.01, flake=0.03, retries=1
        ),
        Step("waiter"),
        Step("manual", key="release", label=":rocket: Release to production?"),
        script(
            "production",
            ":kubernetes: Deploy to production",
            4.0,
            queue="deploy",
            concurrency_group="deploy/production",
            failure=0.01,
            env={"DEPLOY_TARGET": "production"},
        ),
        WAIT,
        script("verify", ":mag: Verify", 1.2, queue="deploy", failure=0.015),
    )


def mobile(_: str | None) -> tuple[Step, ...]:
    """Apps for two systems, tested on a matrix of devices."""
    devices = ({"os": "iOS 18", "device": "iPhone 16"}, {"os": "iOS 17", "device": "iPad"})
    return (
        UPLOAD,
        script("ios", ":xcode: iOS build", 13, queue="mac", failure=0.02, timeout_minutes=45),
        script("android", ":android: Android build", 9, failure=0.02, timeout_minutes=40),
        WAIT,
        script(
            "devices",
            ":iphone: Device tests {{matrix}}",
            8,
            queue="mac",
            matrix=devices,
            failure=0.02,
            flake=0.14,
            retries=2,
        ),
        Step("manual", key="store", label="Ship to the stores?"),
        script("upload-store", ":apple: TestFlight", 5, queue="mac", branches="main"),
    )


def library(_: str | None) -> tuple[Step, ...]:
    """A library tested on several versions of its language."""
    versions = tuple({"python": version} for version in ("3.11", "3.12", "3.13", "3.14"))
    return (
        script("lint", ":ruff: Lint", 0.5, failure=0.02),
        script(
            "test", ":python: Tests {{matrix}}", 2.4, matrix=versions, failure=0.015, flake=0.01
        ),
        WAIT,
        script("docs", ":book: Docs", 1.0, soft=True, failure=0.02),
        script("publish", ":package: Publish", 0.8, branches="v*", failure=0.01),
    )


def infrastructure(_: str | None) -> tuple[Step, ...]:
    """Plan, a person who has read the plan, apply."""
    return (
        script("validate", ":terraform: Validate", 0.7, failure=0.03),
        script("plan", ":terraform: Plan", 2.2, queue="deploy", failure=0.03, flake=0.015),
        Step("manual", key="apply-gate", label=":terraform: Apply this plan?"),
        script(
            "apply",
            ":terraform: Apply",
            3.5,
            queue="deploy",
            branches="main",
            concurrency_group="terraform/apply",
            failure=0.03,
        ),
    )


def nightly(_: str | None) -> tuple[Step, ...]:
    """Long end-to-end tests."""
    return (
        UPLOAD,
        script(
            "e2e",
            ":cypress: End to end",
            22,
            parallelism=6,
            failure=0.03,
            flake=0.09,
            retries=1,
            timeout_minutes=60,
        ),
        WAIT,
        script("report", ":bar_chart: Report", 0.8),
    )


def training(_: str | None) -> tuple[Step, ...]:
    """Model training on machines that are hard to get."""
    return (
        script("data", ":floppy_disk: Fetch data", 7, failure=0.02),
        WAIT,
        script("train", ":brain: Train", 55, queue="gpu", failure=0.05, timeout_minutes=180),
        script("evaluate", ":chart_with_upwards_trend: Evaluate", 6, failure=0.04),
    )


def website(_: str | None) -> tuple[Step, ...]:
    """A static site."""
    return (
        script("build", ":hugo: Build site", 1.1, failure=0.02),
        script("links", ":link: Dead links", 2.0, soft=True, failure=0.05, flake=0.12),
        script("legacy", "Old crawler", 1, skip=True),
        WAIT,
        script("publish", ":globe_with_meridians: Publish", 0.9, branches="main"),
    )


RECIPES: dict[str, Callable[[str | None], tuple[Step, ...]]] = {
    recipe.__name__: recipe
    for recipe in (
        web,
        service,
        gated,
        deployment,
        mobile,
        library,
        infrastructure,
        nightly,
        training,
        website,
    )
}


def plain(jobs: int) -> tuple[Step, ...]:
    """Exactly this many jobs a build, retries not counted: what benchmarks want."""
    if jobs < 4:
        return tuple(script(f"job-{n}", f"Job {n}", 2, failure=0.05) for n in range(jobs))
    test = script("test", ":pytest: Tests", 4, failure=0.02, flake=0.02, retries=1)
    return (
        script("lint", "Lint", 1, failure=0.02),
        replace(test, parallelism=jobs - 3),
        WAIT,
        script("package", "Package", 2, failure=0.01),
    )


def _hand_over(deploy: str | None) -> tuple[Step, ...]:
    if deploy is None:
        return ()
    return (
        WAIT,
        Step(
            "trigger",
            key="deploy",
            label=":rocket: Deploy",
            trigger=deploy,
            is_async=True,
            branches="main",
        ),
    )
