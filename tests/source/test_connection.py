"""What the source proves its right with, by the settings of dlt."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from dlt.extract.exceptions import ResourceExtractionError

from buildkite_source import buildkite_source
from buildkite_source.client import SystemClock
from buildkite_source.load.advice import known
from buildkite_source.settings import connection_of
from tests.client.server import Reply
from tests.client.signing import TOKEN_ID, VerifyingServer, pem, rsa_key

ORGANIZATION = Reply(body=b'[{"id": "o", "slug": "acme"}]')


@pytest.fixture
def server() -> Iterator[VerifyingServer]:
    verifying = VerifyingServer(SystemClock().now)
    verifying.replies(ORGANIZATION)
    yield verifying
    verifying.close()


@pytest.fixture
def key_pair(workspace: Path, server: VerifyingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of a key pair, the key in a file."""
    (workspace / "key.pem").write_text(pem(rsa_key()))
    settings = {
        "base_url": server.url,
        "private_key": str(workspace / "key.pem"),
        "token_id": TOKEN_ID,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"SOURCES__BUILDKITE_SOURCE__{name.upper()}", value)


@pytest.mark.usefixtures("key_pair")
def test_a_key_pair_stands_for_an_access_token(server: VerifyingServer) -> None:
    (table,) = list(buildkite_source().with_resources("organizations"))
    assert table["slug"].to_pylist() == ["acme"]
    assert len(server.asked) == len(server.let_in) == 1


@pytest.mark.usefixtures("key_pair")
def test_the_connection_resolves_the_same_settings(server: VerifyingServer) -> None:
    connection = connection_of()
    assert (connection.base_url, connection.token_id) == (server.url, TOKEN_ID)
    assert connection.credential().bearer().count(".") == 2


@pytest.mark.usefixtures("key_pair")
def test_an_access_token_beside_a_key_pair_is_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN", "bkua_x")
    assert re.search(r"private_key .* as well as access_token", refused())


@pytest.mark.usefixtures("workspace")
def test_a_source_needs_no_token_before_it_is_extracted() -> None:
    """As when a scheduler reads a pipeline to know its tasks."""
    source = buildkite_source()
    assert "builds" in source.selected_resources
    assert "secrets.toml" in refused()


@pytest.mark.usefixtures("workspace")
def test_importing_the_source_loads_neither_dlt_nor_a_token() -> None:
    code = "import sys, buildkite_source; sys.exit('dlt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def refused() -> str:
    """Return what extraction says, which begins and fails."""
    with pytest.raises(ResourceExtractionError) as raised:
        list(buildkite_source().with_resources("organizations"))
    paragraph = known(raised.value, "duckdb")
    assert paragraph
    return paragraph
