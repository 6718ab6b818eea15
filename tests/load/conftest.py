from tests.cli.conftest import cli, simulator, without_views, world_config

__all__ = ["cli", "simulator", "without_views", "world_config"]
