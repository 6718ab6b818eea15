"""Rows that ask for actions: what is taken, in which forms, and what is refused in which words."""

import json
from typing import Any

import pytest

from buildkite_source.actions.asked import asked
from buildkite_source.actions.definitions import ACTIONS
from buildkite_source.actions.model import Type
from buildkite_source.actions.of_builds import MARK

from .conftest import ENV_SECRET

BUILD = {"organization": "acme", "pipeline": "web", "number": 12}
NEW = {"organization": "acme", "pipeline": "web", "commit": "HEAD", "branch": "main"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"action": "rebuild", **BUILD}, "the row has no key"),
        ({"key": "k\n", "action": "rebuild", **BUILD}, "on one line"),
        ({"key": "k" * 201, "action": "rebuild", **BUILD}, "up to 200 characters"),
        ({"key": 7.5, "action": "rebuild", **BUILD}, "a key is text"),
        ({"key": "k", **BUILD}, "names no action"),
        ({"key": "k", "action": "delete", **BUILD}, "no action 'delete'; there are create_build"),
        ({"key": "k", "action": "rebuild", "organization": "acme"}, "needs pipeline, number"),
        (
            {"key": "k", "action": "cancel", **{**BUILD, "organization": ""}, "organisation": "x"},
            "cancel needs organization and has no organisation; it takes organization, pipeline,",
        ),
        ({"key": "k", "action": "rebuild", **BUILD, "branch": "x"}, "has no branch; it takes"),
        ({"key": "k", "action": "rebuild", **BUILD, "job_id": "x"}, "rebuild has no job_id"),
        ({"key": "k", "action": "rebuild", **BUILD, "number": "12a"}, "no number of a build"),
        ({"key": "k", "action": "rebuild", **BUILD, "number": -1}, "no number of a build"),
        ({"key": "k", "action": "rebuild", **BUILD, "number": True}, "no number of a build"),
        ({"key": "k", "action": "rebuild", **BUILD, "number": 1.5}, "no number of a build"),
        ({"key": "k", "action": "rebuild", **BUILD, "pipeline": ".."}, "pipeline is no name"),
        ({"key": "k", "action": "rebuild", **BUILD, "pipeline": "a/b"}, "pipeline is no name"),
        ({"key": "k", "action": "rebuild", **BUILD, "pipeline": "a?b"}, "pipeline is no name"),
        ({"key": "k", "action": "rebuild", **BUILD, "pipeline": "%2e%2e"}, "pipeline is no name"),
        ({"key": "k", "action": "create_build", **NEW, "branch": ""}, "needs branch"),
        ({"key": "k", "action": "create_build", **NEW, "env": "A=1"}, "env must be a map"),
        ({"key": "k", "action": "create_build", **NEW, "clean_checkout": "maybe"}, "a boolean"),
        ({"key": "k", "action": "create_build", **NEW, "pull_request_id": "x"}, "an integer"),
        ({"key": "k", "action": "retry_failed_jobs", **BUILD, "states": "passed"}, "states takes"),
        ({"key": "k", "action": "annotate", **BUILD, "body": "x", "style": "red"}, "style takes"),
        ({"key": "k", "action": "annotate", **BUILD, "body": "x", "priority": 11}, "1 to 10"),
        ({"key": "k", "action": "update_pipeline", "organization": "acme", "pipeline": "web"}, "a"),
        ({"key": "k", "action": "remove_annotation", **BUILD, "annotation_id": "../x"}, "address"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_told(row: dict[str, Any], says: str) -> None:
    found = asked(row)
    assert says in found.problem
    assert found.key
    assert "\n" not in found.problem


def test_text_becomes_what_the_api_takes() -> None:
    texts = {
        "clean_checkout": "TRUE",
        "pull_request_id": "7",
        "pull_request_labels": "a, b",
        "env": '{"A": 1, "B": true}',
        "meta_data": {"release": "1.2"},
    }
    found = asked({"key": "k", "action": "create_build", **NEW, **texts, "message": None})
    assert found.problem == ""
    assert found.body == {
        "commit": "HEAD",
        "branch": "main",
        "clean_checkout": True,
        "pull_request_id": 7,
        "pull_request_labels": ["a", "b"],
        "env": {"A": "1", "B": "true"},
        "meta_data": {"release": "1.2", MARK: "k"},
    }
    assert found.path == "/organizations/acme/pipelines/web/builds"
    assert asked({"key": "k", "action": "rebuild", **BUILD, "number": 12.0}).number == 12
    states = asked({"key": "k", "action": "retry_failed_jobs", **BUILD, "states": ["failed"]})
    assert states.body == {"states": "failed"}


def test_a_row_without_a_usable_key_has_always_the_same() -> None:
    first, again = (asked({"action": "rebuild", **BUILD}) for _ in range(2))
    assert first.key == again.key
    assert asked({"action": "cancel", **BUILD}).key != first.key


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_no_value_of_a_secret_field_is_told_even_where_it_is_of_another_type(action: Any) -> None:
    needed: dict[str, Any] = dict.fromkeys(("organization", "pipeline", "job_id", "agent_id"), "x")
    row = {name: value for name, value in needed.items() if name in action.needs}
    row |= {"number": 1} if "number" in action.needs else {}
    row |= {one.name: "x" for one in action.fields if one.required and not one.choices}
    for one in action.fields:
        if one.secret:
            good = {"A": ENV_SECRET} if one.type is Type.MAP else f"steps: [{ENV_SECRET}]"
            for value in (good, [{"A": ENV_SECRET}], ENV_SECRET, 7.5, {"A": [ENV_SECRET]}):
                found = asked({"key": "k", "action": action.name, **row, one.name: value})
                assert ENV_SECRET not in found.problem
                assert ENV_SECRET not in json.dumps(found.told_fields)


def test_the_ledger_keeps_no_more_of_long_texts_than_it_needs() -> None:
    found = asked({"key": "k", "action": "annotate", **BUILD, "body": "x" * 5000})
    assert found.told_fields["body"].endswith("… (5,000 characters)")
    assert len(found.told_fields["body"]) < 1100
