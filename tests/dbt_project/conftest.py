from tests.cli.conftest import cli, simulator, without_views, world_config
from tests.destinations.conftest import postgres

__all__ = ["cli", "postgres", "simulator", "without_views", "world_config"]
