"""Webhooks as Buildkite's documentation has them, signed or with the token in clear."""

import hashlib
import hmac
import json
from typing import Any

TOKEN = "example-webhook-token"
NOW = 1_755_993_600.0
# The vector of the documentation's reading: key, time, body and what they give.
VECTOR = (
    b'{"event":"build.finished","build":{"id":"0198f0c2-0000-4000-8000-000000000001","number":7,'
    b'"state":"passed","blocked":false}}'
)
VECTOR_SIGNATURE = "6aa4432b74ffa1af7d92c6d56b014130b0d6ffc7356a09409cbca275e57250a2"


def signed(body: bytes, token: str = TOKEN, at: float = NOW) -> dict[str, str]:
    """Headers of a signed request."""
    stamp = str(int(at))
    digest = hmac.new(token.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {**JSON, "X-Buildkite-Signature": f"timestamp={stamp},signature={digest}"}


JSON = {"Content-Type": "application/json"}
CLEAR = {**JSON, "X-Buildkite-Token": TOKEN}


def finished(number: int, pipeline: str = "web", **build: Any) -> bytes:
    """The body of a `build.finished`."""
    url = f"https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds/{number}"
    fields = {
        "id": f"build-{number}",
        "url": url,
        "number": number,
        "state": "passed",
        "blocked": False,
        "created_at": "2026-08-20 09:00:00 UTC",
        "finished_at": "2026-08-20 09:16:40 UTC",
        **build,
    }
    return json.dumps(
        {
            "event": "build.finished",
            "build": fields,
            "pipeline": {"id": "pipeline-1", "slug": pipeline},
            "sender": {"id": "u", "name": "Kim Doe"},
        }
    ).encode()


def bridged(kind: str, detail: dict[str, Any], **envelope: Any) -> bytes:
    """An envelope of EventBridge."""
    organization = {"uuid": "organization-1", "graphql_id": "T3Jn", "slug": "acme"}
    return json.dumps(
        {
            "version": "0",
            "id": "e",
            "detail-type": kind,
            "source": "aws.partner/buildkite.com/acme",
            "time": "2026-08-20T09:16:41Z",
            "detail": {"version": 1, **detail, "organization": organization},
            **envelope,
        }
    ).encode()
