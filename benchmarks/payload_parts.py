"""Identifiers, people and times that builds and jobs share."""

import random
import uuid
from base64 import b64encode
from datetime import datetime
from functools import cache
from typing import Any

PEOPLE = ("Ada Okafor", "Bo Lindqvist", "Chen Wei", "Dana Ruiz", "Eli Novák", "Fatima Noor")


def random_uuid(rng: random.Random) -> str:
    """Return a UUID drawn from `rng`."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@cache
def named_uuid(name: str) -> str:
    """Return the UUID that belongs to a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


CLUSTER = named_uuid("cluster")


def graphql_id(kind: str, identifier: str) -> str:
    """Return the GraphQL id of an object."""
    return b64encode(f"{kind}---{identifier}".encode()).decode()


def iso(moment: datetime) -> str:
    """Return a UTC time as the API writes it."""
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@cache
def user(name: str) -> dict[str, Any]:
    """Return a user-like object."""
    user_id = named_uuid(name)
    return {
        "id": user_id,
        "graphql_id": graphql_id("User", user_id),
        "name": name,
        "email": name.partition(" ")[0].lower() + "@acme.example",
        "avatar_url": f"https://www.gravatar.com/avatar/{user_id.replace('-', '')}",
        "created_at": "2020-02-03T04:05:06.789Z",
    }
