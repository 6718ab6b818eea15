import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables import BUILDS, JOBS
from buildkite_source.tables.model import url_part

from ..client.examples import examples
from .documented import SLUGS
from .pages import one_job, one_row
from .reference import queue_of

API = "https://api.buildkite.com/v2"


@pytest.mark.parametrize(
    ("collection", "url", "expected"),
    [
        ("organizations", f"{API}/organizations/acme", "acme"),
        ("organizations", f"{API}/organizations/acme/pipelines/web", "acme"),
        ("pipelines", f"{API}/organizations/acme/pipelines/web", "web"),
        ("pipelines", f"{API}/organizations/acme/pipelines/web/builds/17", "web"),
        ("pipelines", f"{API}/organizations/acme", None),
        ("pipelines", f"{API}/organizations/acme/pipelines/", None),
        ("pipelines", "", None),
        ("pipelines", None, None),
        ("pipelines", "no address", None),
        ("pipelines", f"{API}/organizations/pipelines/pipelines/web/builds/17", "web"),
        (
            "organizations",
            f"{API}/organizations/organizations/pipelines/organizations",
            "organizations",
        ),
    ],
)
def test_slugs_are_cut_from_the_address(
    collection: str, url: str | None, expected: str | None
) -> None:
    assert url_part(collection)(url) == expected


@given(organization=SLUGS | st.just("pipelines"), pipeline=SLUGS | st.just("pipelines"))
@examples(64)
def test_any_slugs_are_cut_from_the_address(organization: str, pipeline: str) -> None:
    url = f"{API}/organizations/{organization}/pipelines/{pipeline}/builds/17"
    row = one_row(BUILDS, {"id": "b", "url": url})
    assert (row["organization_slug"], row["pipeline_slug"]) == (organization, pipeline)


@given(
    rules=st.lists(
        st.text(max_size=8)
        | st.text('="\\&<ä/', max_size=5).map("queue={}".format)
        | st.sampled_from(["*", "queue=*", "os=linux", 'a="queue=b"', "notqueue=x", "queue"]),
        max_size=4,
    ),
    writing=st.sampled_from([{}, {"ensure_ascii": False}, {"separators": (",", ":")}]),
)
@examples(60)
def test_the_queue_is_the_first_one_asked_for(rules: list[str], writing: dict[str, Any]) -> None:
    build = {"id": "b", "jobs": [{"id": "j", "agent_query_rules": rules}]}
    row = one_row(JOBS, json.dumps(build, **writing).encode())
    expected = queue_of(rules)
    assert row["queue"] == (expected and expected.replace("\x00", "\ufffd"))


@pytest.mark.parametrize("rules", [None, [], {}, "linux", 17, [1, None, {}], {"queue": "x"}])
def test_rules_without_a_queue_give_none(rules: Any) -> None:
    row = one_job(agent_query_rules=rules)
    assert row["queue"] is None
    assert row["agent_query_rules"] == rules
