"""What people type after `api`: no hostile path leaves the API, and no credential enters it."""

import pytest

from buildkite_source.client.addresses import AddressError, address_of, segments_of

_TOKEN = "bkua_0123456789abcdef"

HOSTILE = [
    "https://evil.example/v2/user",
    "http://api.buildkite.com/v2/user",
    "//evil.example/v2/user",
    "/v2//evil.example",
    "organizations/../../admin",
    "organizations/%2e%2e/user",
    "organizations/%252e%252e/user",
    "organizations/..%2fuser",
    "organizations/.%2e/user",
    "organizations/./user",
    "organizations\\..\\user",
    "/v1/user",
    "/",
    "",
    "user\r\nHost: evil.example",
    "user\x00",
    "user#fragment",
    "user /v2",
    "me:secret@evil.example/user/..",
    "organizations/…/builds",
    f"user?access_token={_TOKEN}",
    "user?api_key=abc",
    "user?Authorization=abc",
    f"user?page={_TOKEN}",
    f"organizations/{_TOKEN}",
    "user?page=1#x",
    "user?page=%0d%0aHost:%20evil",
    "user?a=\u202eb",
]


@pytest.mark.parametrize("path", HOSTILE, ids=ascii)
def test_hostile_paths_are_no_addresses(path: str) -> None:
    with pytest.raises(AddressError) as raised:
        address_of(path)
    assert _TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    "query", ["access_token=x", "token=x", f"q={_TOKEN}", "page", "=1", "a=\n"]
)
def test_hostile_parameters(query: str) -> None:
    with pytest.raises(AddressError):
        address_of("user", [query])


@pytest.mark.parametrize(
    ("path", "query", "address"),
    [
        ("organizations/acme/builds", [], "organizations/acme/builds"),
        ("/v2/organizations/acme", [], "organizations/acme"),
        ("v2/organizations/acme", [], "organizations/acme"),
        ("organizations/a.b/jobs/0198-x/log.txt", [], "organizations/a.b/jobs/0198-x/log.txt"),
        ("builds?state[]=failed&page=2", [], "builds?state[]=failed&page=2"),
        ("builds?branch=a%2Fb", ["creator=x y"], "builds?branch=a%2Fb&creator=x+y"),
        (
            "builds",
            ["created_from=2026-08-01T00:00:00Z", "meta_data[a]=b=c"],
            "builds?created_from=2026-08-01T00:00:00Z&meta_data[a]=b%3Dc",
        ),
        ("analytics/organizations/a/suites", ["show_api_token=false"], None),
        ("builds?step_key=a", [], "builds?step_key=a"),
    ],
)
def test_addresses(path: str, query: list[str], address: str | None) -> None:
    assert address_of(path, query) == (address or f"{path}?{query[0]}")


def test_parts_of_an_address() -> None:
    assert segments_of("organizations/acme/builds?a=b/c") == ["organizations", "acme", "builds"]
