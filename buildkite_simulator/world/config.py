"""What kind of world to make."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class WorldConfig:
    """Size and temper of a simulated world; the same config and clock give the same bytes.

    Attributes:
        seed: Decides everything that looks random.
        organizations: How many organizations; the first is the largest.
        pipelines: How many pipelines the first organization has.
        days: How much history lies before the clock's start.
        builds_per_day: New builds on an average day in the first organization, before rebuilds
            and triggered builds.
        jobs_per_build: Makes every pipeline plain, with this many jobs a build.
        retention_days: Builds older than this are gone.
        artifact_retention_days: Artifacts older than this are `expired`.
        log_bytes: Every job's log is at least this long once the job is done; they are made while
            they are sent, so there is no harm in gigabytes.
        end: The start of the world's clock when it is not given one.
        keeps_moving: Whether pushes and schedules go on as the clock moves past the start; what
            is under way then runs its course either way.
    """

    seed: int = 1
    organizations: int = 1
    pipelines: int = 8
    days: float = 14
    builds_per_day: float = 30
    jobs_per_build: int | None = None
    retention_days: int = 365
    artifact_retention_days: int = 90
    log_bytes: int = 0
    end: datetime | None = None
    keeps_moving: bool = True

    @classmethod
    def demo(cls, seed: int = 1, days: float = 110) -> Self:
        """A company with two organizations, dozens of pipelines and months of builds."""
        return cls(seed=seed, organizations=2, pipelines=36, days=days, builds_per_day=36)

    @classmethod
    def tiny(cls, seed: int = 1) -> Self:
        """A few days of a few pipelines: some dozen builds of every kind."""
        return cls(seed=seed, organizations=1, pipelines=5, days=3, builds_per_day=16)

    @classmethod
    def empty(cls, seed: int = 1) -> Self:
        """One organization (`acme`) without pipelines: add by hand what a test needs."""
        return cls(seed=seed, pipelines=0, days=0, builds_per_day=0, keeps_moving=False)

    def but(self, **changes: object) -> Self:
        """Return the config with some attributes changed."""
        return replace(self, **changes)  # type: ignore[arg-type]
