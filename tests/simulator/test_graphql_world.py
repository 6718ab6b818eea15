"""Every simulated field of every build of a small company can be asked for."""

from collections.abc import Iterator
from random import Random

import pytest
from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from buildkite_simulator import ManualClock, Simulator, WorldConfig
from buildkite_simulator.graphql_api.endpoint import schema

from .test_graphql import data


@pytest.fixture(scope="module")
def moved() -> Iterator[Simulator]:
    clock = ManualClock()
    with Simulator(WorldConfig.tiny().but(days=1), clock=clock) as simulator:
        for _ in range(4):
            simulator.world.random_moves(Random(2), 20, attachments=True)
            clock.advance(minutes=3)
        yield simulator


def leaves(kind: GraphQLNamedType) -> str:
    """Return all fields of a type that have nothing below them and need no arguments."""
    assert isinstance(kind, GraphQLObjectType)
    return " ".join(
        name
        for name, field in kind.fields.items()
        if is_leaf_type(get_named_type(field.type))
        and not any(is_required_argument(argument) for argument in field.args.values())
    )


def of(name: str) -> str:
    return leaves(schema().type_map[name])


def query(build: str) -> str:
    artifact = f"artifacts(first: 50) {{ count edges {{ node {{ {of('Artifact')} }} }} }}"
    note = f"edges {{ node {{ {of('Annotation')} body {{ html text }} }} }}"
    return f"""{{ build(uuid: "{build}") {{
      {of("Build")} createdBy {{ {of("User")} }} rebuiltFrom {{ uuid }} triggeredFrom {{ uuid }}
      metaData(first: 10) {{ edges {{ node {{ key value }} }} }}
      pipeline {{ {of("Pipeline")} }} organization {{ {of("Organization")} }}
      annotations(first: 100, scope: [BUILD, JOB]) {{ {note} }}
      jobs(first: 100) {{ edges {{ node {{ __typename
        ... on JobTypeCommand {{ c: uuid cs: state {of("JobTypeCommand").replace("state", "")}
          step {{ uuid key }} build {{ uuid }} annotations(first: 20) {{ {note} }} {artifact} }}
        ... on JobTypeBlock {{ {of("JobTypeBlock")} unblockedBy {{ name }} }}
        ... on JobTypeTrigger {{ {of("JobTypeTrigger")} triggered {{ number }} }}
        ... on JobTypeWait {{ {of("JobTypeWait")} step {{ key }} }}
      }} }} }} }} }}"""


def test_every_field_of_builds_in_every_state(moved: Simulator) -> None:
    truth = moved.world.truth()
    builds = truth["builds"][::2]
    assert {row["state"] for row in builds} == {row["state"] for row in truth["builds"]}
    ids = {row["id"] for row in builds}
    jobs = {job["id"] for job in truth["jobs"] if job["build_id"] in ids}
    assert {job["type"] for job in truth["jobs"] if job["id"] in jobs} == {
        job["type"] for job in truth["jobs"]
    }
    seen = set()
    for row in builds:
        build = data(moved, query(row["id"]))["build"]
        assert (build["id"], build["number"]) == (row["graphql_id"], row["number"])
        assert build["startedAt"] == row["started_at"]
        assert build["finishedAt"] == row["finished_at"]
        assert (build["state"] == "BLOCKED") == row["blocked"]
        if not row["blocked"]:
            assert build["state"] == row["state"].upper()
        seen |= {edge["node"]["uuid"] for edge in build["jobs"]["edges"]}
    assert seen == jobs
