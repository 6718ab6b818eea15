from tests.cli.conftest import cli, simulator, world_config

__all__ = ["cli", "simulator", "world_config"]
