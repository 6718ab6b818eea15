"""A key pair in place of an access token, against an API that verifies what it is sent."""

from buildkite_source import BuildkiteSession
from buildkite_source.client import RequestBudget, SignedToken
from buildkite_source.tables import BUILDS, PIPELINES
from tests.client.signing import pem, public_pem, rsa_key
from tests.oracle import comparable

from .conftest import Loader


def test_a_load_signed_with_a_key_is_the_load_of_a_token(loader: Loader) -> None:
    key = rsa_key()
    token_id = loader.simulator.add_token(public_key=public_pem(key))
    credential = SignedToken(pem(key), token_id, loader.clock)
    session = BuildkiteSession(
        credential,
        loader.simulator.base_url,
        budget=RequestBudget(loader.clock),
        clock=loader.clock,
    )
    loader.load_only("pipelines", "builds", session=session)
    truth = loader.truth()
    for table in (PIPELINES, BUILDS):
        rows = {row["id"]: comparable(table, row) for row in loader.rows(table.name)}
        assert rows == truth[table.name] != {}
    assert {request.status for request in loader.simulator.requests} == {200}
