"""Steps as they are sent with a pipeline: YAML text, or objects as the API shows them."""

from collections.abc import Mapping
from typing import Any

import yaml

from buildkite_simulator.world.model import Step

_KINDS = {
    "block": "manual",
    "input": "manual",
    "manual": "manual",
    "trigger": "trigger",
    "wait": "waiter",
    "waiter": "waiter",
}


def steps_of_text(configuration: str) -> tuple[Step, ...]:
    """Return the steps of a pipeline file.

    Raises:
        ValueError: It is no YAML, or has no list of steps.
    """
    try:
        read = yaml.safe_load(configuration)
    except yaml.YAMLError as error:
        raise ValueError("no YAML") from error
    steps = read.get("steps") if isinstance(read, Mapping) else read
    return steps_of_list(steps)


def steps_of_list(steps: object) -> tuple[Step, ...]:
    """Return the steps of a list of objects, or of words such as `wait`.

    Raises:
        ValueError: It is no list, is empty, or holds what is no step.
    """
    if not isinstance(steps, list) or not steps:
        raise ValueError("no steps")
    return tuple(_step(step) for step in steps)


def _step(sent: object) -> Step:
    if isinstance(sent, str):
        sent = {sent: None}
    if not isinstance(sent, Mapping):
        raise ValueError("no step")
    kind = _KINDS.get(str(sent.get("type"))) or next(
        (_KINDS[name] for name in sent if name in _KINDS), "script"
    )
    label = _text(sent, "label", "name", "block", "input")
    if kind == "waiter":
        return Step("waiter")
    if kind == "manual":
        return Step("manual", key=_text(sent, "key"), label=label)
    if kind == "trigger":
        target = _text(sent, "trigger_project_slug", "trigger")
        return Step("trigger", key=_text(sent, "key"), label=label, trigger=target)
    command = sent.get("command", sent.get("commands"))
    return Step(
        key=_text(sent, "key"),
        label=label,
        command="\n".join(map(str, command)) if isinstance(command, list) else command,
    )


def _text(sent: Mapping[Any, Any], *names: str) -> str | None:
    return next((str(sent[name]) for name in names if sent.get(name) is not None), None)
