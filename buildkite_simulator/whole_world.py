"""The whole world, as it is handed out: its moves, random ones too, and what the API says of it."""

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from random import Random

from buildkite_simulator.clock import Clock
from buildkite_simulator.instants import instant
from buildkite_simulator.render.context import Context
from buildkite_simulator.render.exports import EXPORTED, write_export
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.render.truth import Accounts, Truth, truth_of
from buildkite_simulator.switches import Switches
from buildkite_simulator.world.config import WorldConfig
from buildkite_simulator.world.model import Organization
from buildkite_simulator.world.random_moves import make_random_moves
from buildkite_simulator.world.world import World


class WholeWorld(World):
    """A world that tells the truth about itself, and moves at random when asked to."""

    def __init__(self, config: WorldConfig, clock: Clock) -> None:
        super().__init__(config, clock)
        self.renderer = Renderer(self, Context("https://api.buildkite.com/v2", Switches()))
        self.accounts: Accounts | None = None

    def serve_at(self, renderer: Renderer) -> None:
        """Say from now on what an API that uses this renderer says."""
        self.renderer = renderer

    def truth(
        self,
        organization: str | Organization | None = None,
        *,
        include: Collection[str] = (),
    ) -> Truth:
        """Return all organizations, pipelines, builds and job attempts as the API has them now.

        Builds come without `jobs`; each job carries its `build_id` besides its own fields, and so
        do the rows of `annotations` (both scopes), `artifacts` and `logs` (`job_id`, `size` and
        `sha256` of the raw bytes), which are there if named in `include`. So are the lists of
        `render.truth.INCLUDABLE`, as the API gives them without parameters under all parents,
        whose ids every row carries: `organization_id`, `organization_slug` and, say, `team_id`.
        Rows of Test Engine and Package Registries have the slug of their suite or registry too,
        and `tests` have their metrics.
        """
        chosen = [self.organization(organization)] if organization else self.organizations
        return truth_of(self, self.renderer, chosen, include, self.accounts)

    def export(self, folder: Path, before: datetime) -> Truth:
        """Let builds created before a moment fall out of retention, and leave their exports.

        Args:
            folder: The bucket; files are as old as the moment at which they were written.
            before: The moment.

        Returns:
            What is in the files: `builds`, `jobs`, `annotations`, `artifacts` and `step_uploads`;
            all but the first carry their `build_id`.
        """
        told: Truth = {name: [] for name in EXPORTED}
        with self.one_instant() as at:
            self.renderer.check_settings()
            for build in self.builds(until=instant(before)):
                for name, rows in write_export(self, self.renderer, build, at, folder).items():
                    of_build = {} if name == "builds" else {"build_id": build.id}
                    told[name] += [row | of_build for row in rows]
            self.expire(before)
        return told

    def random_moves(
        self, rng: Random, count: int, *, attachments: bool = False, late: bool = False
    ) -> list[str]:
        """Make `count` moves such as people make, at the present; return what was done.

        With `attachments`, annotations, artifacts and logs are added and deleted too; with `late`,
        some builds are shown only up to four minutes after their creation.
        """
        return make_random_moves(self, rng, count, attachments=attachments, late=late)
