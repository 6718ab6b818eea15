"""Access by public key: requests are signed, and no secret is sent."""

from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from buildkite_simulator import ManualClock, Simulator

from .conftest import Client

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def public(key: Key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private(key: Key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@pytest.fixture
def uuid(simulator: Simulator, key: rsa.RSAPrivateKey) -> str:
    return simulator.add_token(public_key=public(key), scopes=["read_builds", "graphql"])


def signed(key: Key, uuid: str, clock: ManualClock, **changes: Any) -> str:
    now = int(clock.now().timestamp())
    claims = {"iss": uuid, "iat": now, "exp": now + 300}
    claims |= {name: now + value for name, value in changes.items() if isinstance(value, int)}
    claims |= {name: value for name, value in changes.items() if isinstance(value, str)}
    claims = {name: value for name, value in claims.items() if changes.get(name, "") is not None}
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.encode(claims, private(key), algorithm=algorithm)


def test_a_signed_request_is_that_of_its_token(
    api: Client, clock: ManualClock, key: rsa.RSAPrivateKey, uuid: str
) -> None:
    token = signed(key, uuid, clock)
    told = api.get("/access-token", token=token).json()
    assert told["uuid"] == uuid
    assert told["expires_at"] is None
    assert told["scopes"] == ["read_builds", "graphql"]
    assert api.get("/builds", token=token).status_code == 200
    assert api.get("/user", token=token).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"iat": -10}, 401),
        ({"iat": -10, "exp": 290}, 200),
        ({"iat": 10, "exp": 310}, 200),
        ({"iat": -11, "exp": 100}, 401),
        ({"iat": 11, "exp": 100}, 401),
        ({"exp": 301}, 401),
        ({"exp": 0}, 401),
        ({"exp": 1}, 200),
        ({"exp": None}, 401),
        ({"iat": None}, 401),
        ({"iss": None}, 401),
        ({"iss": "somebody-else"}, 401),
        ({"iat": "now"}, 401),
    ],
    ids=str,
)
def test_claims(
    api: Client,
    clock: ManualClock,
    key: rsa.RSAPrivateKey,
    uuid: str,
    changes: dict[str, Any],
    status: int,
) -> None:
    assert api.get("/builds", token=signed(key, uuid, clock, **changes)).status_code == status


def test_a_statement_is_soon_too_old(
    api: Client, clock: ManualClock, key: rsa.RSAPrivateKey, uuid: str
) -> None:
    token = signed(key, uuid, clock)
    clock.advance(seconds=10)
    assert api.get("/builds", token=token).status_code == 200
    clock.advance(seconds=1)
    assert api.get("/builds", token=token).status_code == 401
    clock.advance(days=900)
    assert api.get("/builds", token=signed(key, uuid, clock)).status_code == 200


def test_signatures_of_others(
    api: Client, clock: ManualClock, key: rsa.RSAPrivateKey, uuid: str
) -> None:
    other = rsa.generate_private_key(65_537, 2_048)
    curve = ec.generate_private_key(ec.SECP256R1())
    unsigned = jwt.encode({"iss": uuid, "iat": 0, "exp": 1}, None, algorithm="none")
    shared = jwt.encode(jwt.decode(signed(key, uuid, clock), options={"verify_signature": False}),
                        "0123456789abcdef0123456789abcdef", algorithm="HS256")  # fmt: skip
    for token in (signed(other, uuid, clock), signed(curve, uuid, clock), unsigned, shared):
        assert api.get("/builds", token=token).status_code == 401
    assert api.get("/builds", token=uuid).status_code == 401
    assert api.get("/builds", token="a.b.c").status_code == 401


def test_a_secret_token_signs_nothing(
    api: Client, clock: ManualClock, key: rsa.RSAPrivateKey
) -> None:
    token = signed(key, api.simulator.token, clock)
    assert api.get("/builds", token=token).status_code == 401


def test_revoked_and_used_for_graphql(
    simulator: Simulator, api: Client, clock: ManualClock, key: rsa.RSAPrivateKey, uuid: str
) -> None:
    headers = {"Authorization": f"Bearer {signed(key, uuid, clock)}"}
    sent = {"query": '{ organization(slug: "acme") { slug } }'}
    answer = requests.post(simulator.graphql_url, json=sent, headers=headers, timeout=5)
    assert answer.json() == {"data": {"organization": {"slug": "acme"}}}
    simulator.faults.add(kind="revoke")
    for _ in range(2):
        assert api.get("/builds", token=signed(key, uuid, clock)).status_code == 401


def test_only_strong_rsa_keys_are_taken(simulator: Simulator) -> None:
    weak = rsa.generate_private_key(65_537, 1_024)
    curve = ec.generate_private_key(ec.SECP256R1())
    for key in (weak, curve):
        with pytest.raises(ValueError, match="2048 to 4096"):
            simulator.add_token(public_key=public(key))
