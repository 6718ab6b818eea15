"""The metric views in the destination: after each load, or on their own."""

from collections.abc import Mapping
from typing import Any

import dlt
from dlt import Pipeline
from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException
from dlt.common.configuration.specs import BaseConfiguration

from buildkite_source.defaults import OPEN_DAYS
from buildkite_source.metrics import BY_STATE, Given, create_views
from buildkite_source.settings import SettingError

from .report import location_of


@configspec
class MetricSettings(BaseConfiguration):
    """What `[sources.buildkite_source]` says of the metric views."""

    metric_views: bool = True
    queue_prices: dict[str, Any] | None = None
    deploying_pipelines: list[str] | None = None
    blocked_builds: str = BY_STATE
    blocked_builds_by_pipeline: dict[str, Any] | None = None
    open_days: int = OPEN_DAYS


def views(pipeline_name: str, destination: str, dataset: str) -> str:
    """Make the views of what is loaded, whatever the setting says, and return a line on it.

    Raises:
        Exception: Of dlt or the destination, for `failures.explain`.
    """
    pipeline = dlt.pipeline(pipeline_name, destination=destination, dataset_name=dataset)
    pipeline.sync_destination()
    if pipeline.first_run:
        return f"Nothing is loaded yet: {location_of(pipeline)}."
    return _make(pipeline, _settings()) or "Metric views: all are there as they should be."


def refresh_views(pipeline: Pipeline) -> str:
    """Make the views after a load, unless they are turned off, and return a line; "" if unchanged.

    What is loaded is loaded: a setting that cannot be used is told in that line.
    """
    try:
        settings = _settings()
        return _make(pipeline, settings) if settings.metric_views else ""
    except (ConfigValueCannotBeCoercedException, SettingError) as error:
        return f"Metric views were not made: {error}"


def _make(pipeline: Pipeline, settings: MetricSettings) -> str:
    given = Given(
        queue_prices=_prices(settings.queue_prices or {}),
        deploying_pipelines=settings.deploying_pipelines or (),
        blocked_builds=_counts("blocked_builds", settings.blocked_builds),
        blocked_builds_by_pipeline={
            slug: _counts(f"blocked_builds_by_pipeline, {slug},", counts)
            for slug, counts in (settings.blocked_builds_by_pipeline or {}).items()
        },
        open_days=settings.open_days,
    )
    made = create_views(pipeline, given)
    if made.reason:
        return f"Metric views were not made: {made.reason}."
    return f"Metric views: {made.views} made, explained in docs/metrics.md." if made.views else ""


def _settings() -> MetricSettings:
    return resolve_configuration(MetricSettings(), sections=("sources", "buildkite_source"))


def _counts(setting: str, found: Any) -> str:
    if found not in (BY_STATE, "open"):
        raise SettingError(
            f"The setting {setting} must be {BY_STATE} or open, unlike {found!r}: what builds that "
            "stand at a block step count as."
        )
    return str(found)


def _prices(found: Mapping[str, Any]) -> dict[str, float]:
    for queue, price in found.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or price < 0:
            raise SettingError(
                f"The setting queue_prices must hold a price per hour for each queue, unlike "
                f"{queue} = {price!r}."
            )
    return {queue: float(price) for queue, price in found.items()}
