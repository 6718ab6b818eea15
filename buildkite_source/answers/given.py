"""What users set for the metric views."""

from collections.abc import Mapping
from typing import Any

from buildkite_source.metrics import BY_STATE, Given
from buildkite_source.settings import History, SettingError, Views, configured


def given_by(settings: Views) -> Given:
    """Return what the settings give to the views.

    Raises:
        SettingError: One cannot be used.
    """
    return Given(
        queue_prices=_prices(settings.queue_prices or {}),
        deploying_pipelines=settings.deploying_pipelines or (),
        blocked_builds=_counts("blocked_builds", settings.blocked_builds),
        blocked_builds_by_pipeline={
            slug: _counts(f"blocked_builds_by_pipeline, {slug},", counts)
            for slug, counts in (settings.blocked_builds_by_pipeline or {}).items()
        },
        open_days=configured(History).open_days,
    )


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
