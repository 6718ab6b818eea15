"""S3 of our own: a server on loopback, gone with the tests, and what DuckDB needs to read it."""

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

import boto3
import duckdb
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from obstore.store import S3Store

from .emulator import Emulator

KEY, SECRET, REGION = "loader", "planted-S3cret", "us-east-1"


class S3Server(Emulator):
    """Runs moto's server; use it as a context manager.

    As a program of its own: libraries that hold Python while they wait would never be answered.
    """

    refused = BotoCoreError

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def bucket(self) -> str:
        """Make a bucket, and return its URL."""
        name = self._name()
        self._client().create_bucket(Bucket=name)
        return f"s3://{name}"

    def store(self, bucket: str, port: int | None = None) -> S3Store:
        """Return a bucket as obstore reaches it, by any port that leads there."""
        return S3Store(
            bucket.removeprefix("s3://"),
            config={
                "access_key_id": KEY,
                "secret_access_key": SECRET,
                "region": REGION,
                "endpoint_url": f"http://127.0.0.1:{port or self.port}",
            },
            client_options={"allow_http": True},
        )

    def settings(self, bucket: str) -> dict[str, str]:
        """Return dlt's settings of the destination `filesystem` for a bucket."""
        prefix = "DESTINATION__FILESYSTEM__"
        return {
            f"{prefix}BUCKET_URL": bucket,
            f"{prefix}CREDENTIALS__AWS_ACCESS_KEY_ID": KEY,
            f"{prefix}CREDENTIALS__AWS_SECRET_ACCESS_KEY": SECRET,
            f"{prefix}CREDENTIALS__ENDPOINT_URL": self.url,
            f"{prefix}CREDENTIALS__REGION_NAME": REGION,
        }

    def _command(self) -> list[Any]:
        program = Path(sys.executable).with_name("moto_server")
        return [program, "-H", "127.0.0.1", "-p", str(self._port)]

    def _ask(self) -> None:
        self._client().list_buckets()

    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            region_name=REGION,
            config=Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 0}),
        )


def install_extension(name: str, home: Path) -> None:
    """Put an extension of DuckDB below a home folder, where it looks before it downloads it."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    assert package
    assert package.submodule_search_locations
    (file,) = Path(package.submodule_search_locations[0]).glob("extensions/*/*.duckdb_extension")
    with duckdb.connect() as connection:
        ((platform,),) = connection.execute("PRAGMA platform").fetchall()
    folder = home / ".duckdb" / "extensions" / file.parent.name / platform
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, folder)
