from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import dlt
import pytest

from tests.source.conftest import Loader, loader, simulator, world_config

from .server import PostgresServer

__all__ = ["loader", "simulator", "world_config"]

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


@pytest.fixture
def dataset() -> str:
    """A schema that no other test uses; the server is shared."""
    return f"ci_{next(_numbers)}"


Load = Callable[..., dlt.Pipeline]


@pytest.fixture
def load_postgres(loader: Loader, postgres: PostgresServer, dataset: str) -> Load:
    def load(resources: Sequence[str] = (), **arguments: object) -> dlt.Pipeline:
        pipeline = dlt.pipeline(
            "loader",
            destination=dlt.destinations.postgres(postgres.url),
            dataset_name=dataset,
        )
        # What is not offered takes dlt no time.
        arguments.setdefault("catalog", resources)
        source = loader.source(**arguments)
        pipeline.run(source.with_resources(*resources) if resources else source)
        return pipeline

    return load


@pytest.fixture
def bucket(workspace: Path) -> Path:
    return workspace / "bucket"


@pytest.fixture
def load_files(loader: Loader, bucket: Path) -> Load:
    def load(**arguments: object) -> dlt.Pipeline:
        pipeline = dlt.pipeline(
            "loader", destination=dlt.destinations.filesystem(bucket.as_uri()), dataset_name="ci"
        )
        arguments.setdefault("catalog", [])
        pipeline.run(loader.source(**arguments))
        return pipeline

    return load
