"""Azure's storage of our own: the emulator Azurite on loopback, gone with the tests.

npm install --global azurite
uv run --with 'dlt[az]' --with duckdb-extension-azure pytest -m slow tests/destinations
"""

import json
import shutil
import tempfile
from pathlib import Path

from azure.core.exceptions import AzureError
from azure.storage.blob import BlobServiceClient

from .emulator import Emulator

PROGRAM = "azurite-blob"
# What the emulator lets in, as its documentation tells everybody.
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class AzureServer(Emulator):
    """Runs Azurite; use it as a context manager."""

    refused = AzureError

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="azurite"))

    def container(self) -> str:
        """Make a container, and return its URL."""
        name = self._name()
        self._client().create_container(name)
        return f"az://{name}"

    def settings(self, container: str) -> dict[str, str]:
        """Return dlt's settings of the destination `filesystem` for a container.

        dlt knows Azure's own hosts only. The emulator's is told to fsspec by an argument of its
        own, and to DuckDB as a part of the key, after which dlt puts nothing.
        """
        prefix = "DESTINATION__FILESYSTEM__"
        return {
            f"{prefix}BUCKET_URL": container,
            f"{prefix}CREDENTIALS__AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
            f"{prefix}CREDENTIALS__AZURE_STORAGE_ACCOUNT_KEY": f"{_KEY};{self._endpoint}",
            # Or dlt would make one, for which the key has to be one.
            f"{prefix}CREDENTIALS__AZURE_STORAGE_SAS_TOKEN": "sv=unused",
            f"{prefix}KWARGS": json.dumps({"connection_string": self._connection}),
        }

    def _command(self) -> list[str]:
        place = ["--blobHost", "127.0.0.1", "--blobPort", str(self._port)]
        # The newest clients speak a version that the emulator does not know yet.
        quiet = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        return [PROGRAM, *place, *quiet, "--location", str(self._folder)]

    def _ask(self) -> None:
        self._client().get_service_properties()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _endpoint(self) -> str:
        return f"BlobEndpoint=http://127.0.0.1:{self._port}/{_ACCOUNT}"

    @property
    def _connection(self) -> str:
        return f"AccountName={_ACCOUNT};AccountKey={_KEY};{self._endpoint}"

    def _client(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self._connection, retry_total=0)
