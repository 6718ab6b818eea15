"""What the source proves its right with, by the settings of dlt."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildkite_source import BuildkiteError, buildkite_source
from buildkite_source.client import SystemClock
from buildkite_source.connection import resolve_connection
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
    connection = resolve_connection()
    assert (connection.base_url, connection.token_id) == (server.url, TOKEN_ID)
    assert connection.credential().bearer().count(".") == 2


@pytest.mark.usefixtures("key_pair")
def test_an_access_token_beside_a_key_pair_is_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN", "bkua_x")
    with pytest.raises(BuildkiteError, match=r"private_key .* as well as access_token"):
        buildkite_source()


@pytest.mark.usefixtures("workspace")
def test_without_settings_the_error_says_where_to_put_a_token() -> None:
    with pytest.raises(BuildkiteError, match=r"secrets\.toml"):
        buildkite_source()
