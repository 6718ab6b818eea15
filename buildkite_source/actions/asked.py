"""One row that asks for an action, checked against its definition; nothing is sent here."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from buildkite_source.client import address_of, segments_of
from buildkite_source.printable import one_line

from .definitions import ACTIONS
from .model import Action, Level
from .of_builds import MARK
from .values import as_sent, as_told

# Columns of every row, beside the fields of its action.
TARGET = ("organization", "pipeline", "number", "job_id", "agent_id")
COLUMNS = ("key", "action", *TARGET, "reason", "requested_by")
_LONGEST_KEY = 200
_LONGEST_NUMBER = 15
# One part of an address; what else there is, is written in percents.
_PART = re.compile(r"(?!\.+$)[^/\\?#%\s]{1,255}")


class _RowError(ValueError):
    """A row cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row asks for.

    Attributes:
        key: Chosen by whoever asks.
        name: Of the action, as it was written.
        organization, pipeline, number, job_id, agent_id: What it is done to, as far as it is known.
        reason, requested_by: Whatever whoever asks has to say.
        fields: What is sent.
        problem: Why it is refused, or "".
    """

    key: str
    name: str
    organization: str | None = None
    pipeline: str | None = None
    number: int | None = None
    job_id: str | None = None
    agent_id: str | None = None
    reason: str | None = None
    requested_by: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def action(self) -> Action:
        """Its definition; of one that is not refused."""
        return ACTIONS[self.name]

    @property
    def method(self) -> str:
        """Method of the request."""
        return self.action.method or str(self.fields["method"])

    @property
    def path(self) -> str:
        """Address of the request, after the base URL."""
        if self.action.level is Level.ADDRESS:
            return f"/{address_of(self.fields['path'])}"
        return self.address(self.action.path)

    @property
    def build_path(self) -> str:
        """Address of its build."""
        return self.address("/organizations/{organization}/pipelines/{pipeline}/builds/{number}")

    def address(self, template: str) -> str:
        """Return a template with the parts of the target in it."""
        parts = {name: getattr(self, name) for name in TARGET} | {
            one.name: self.fields.get(one.name) for one in self.action.fields if one.in_path
        }
        quoted = {name: quote(str(value), safe="") for name, value in parts.items()}
        return template.format(**quoted)

    @property
    def body(self) -> Any:
        """What the request carries; None for nothing."""
        if self.action.level is Level.ADDRESS:
            return self.fields.get("body")
        sent = {
            one.name: self.fields[one.name]
            for one in self.action.fields
            if one.name in self.fields and not one.in_path
        }
        if self.name == "create_build":
            # By this it is known again, whatever becomes of the answer.
            sent["meta_data"] = {**sent.get("meta_data", {}), MARK: self.key}
        return sent or None

    @property
    def told_fields(self) -> dict[str, Any]:
        """What the ledger has of the fields: of secret ones no values."""
        if self.name not in ACTIONS:
            return {}
        return {
            one.name: as_told(one, self.fields[one.name])
            for one in self.action.fields
            if one.name in self.fields
        }


def asked(row: Mapping[str, Any]) -> Asked:
    """Return what a row asks for; what cannot be used is told in its `problem`.

    Args:
        row: Columns by name; None and "" stand for a column that is not there.
    """
    given = {
        str(name): value
        for name, value in row.items()
        if not (value is None or (isinstance(value, str) and not value.strip()))
    }
    known: dict[str, Any] = {"key": _stand_in(given), "name": _short(given.get("action", ""))}
    try:
        # As far as it comes: a row that is refused has its target in the ledger, too.
        known.update(_checked(given))
    except ValueError as error:
        return Asked(**known, problem=one_line(str(error)))
    return Asked(**known)


def _checked(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of `Asked` one by one, as far as they can be used."""
    yield "key", _key(given.get("key"))
    for name in ("reason", "requested_by"):
        if name in given:
            yield name, _short(given[name])
    for name in TARGET:
        if name in given:
            yield name, _part(name, given[name])
    action = given.get("action")
    if not action:
        raise _RowError("the row names no action")
    if action not in ACTIONS:
        raise _RowError(f"there is no action {_short(action)!r}; there are {', '.join(ACTIONS)}")
    yield from _of_action(ACTIONS[action], given)


def _of_action(action: Action, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    fields = {one.name: one for one in action.fields}
    missing = [name for name in action.needs if name not in given]
    missing += [one.name for one in action.fields if one.required and one.name not in given]
    unknown = [name for name in given if name not in fields and name not in COLUMNS]
    unknown += [name for name in TARGET if name in given and name not in action.needs]
    # One may be the other, misspelt.
    wrong = [f"needs {', '.join(missing)}"] * bool(missing)
    wrong += [f"has no {', '.join(map(_short, unknown))}"] * bool(unknown)
    if unknown:
        wrong[-1] += f"; it takes {', '.join((*action.needs, *fields))}"
    if wrong:
        raise _RowError(f"{action.name} {' and '.join(wrong)}")
    sent = {}
    for name, one in fields.items():
        if name in given or one.default is not None:
            sent[name] = as_sent(one, given.get(name, one.default))
            if one.in_path and action.level is not Level.ADDRESS:
                _part(name, sent[name])
    if action.level is Level.ADDRESS:
        yield from _target_of(sent["path"])
    if action.name == "update_pipeline" and not sent:
        raise _RowError(f"{action.name} needs a field to change")
    yield "fields", sent


def _target_of(path: str) -> Iterator[tuple[str, Any]]:
    """Yield what an address is of, as far as what is allowed and counted depends on it."""
    parts = segments_of(address_of(path))
    if parts[0] != "organizations" or len(parts) < 3:
        raise _RowError(f"only what is below organizations/ORG/ is sent to, unlike {path!r}")
    yield "organization", parts[1]
    if parts[2] == "pipelines" and len(parts) > 3:
        yield "pipeline", parts[3]
        if parts[4:5] == ["builds"] and len(parts) > 5:
            yield "number", _part("number", parts[5])


def _key(value: Any) -> str:
    if value is None:
        raise _RowError("the row has no key, by which it would be done once only")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.isprintable() or len(value) > _LONGEST_KEY:
        raise _RowError(f"a key is text of up to {_LONGEST_KEY} characters on one line")
    return value.strip()


def _part(name: str, value: Any) -> str | int:
    if name == "number":
        text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        if not re.fullmatch(rf"[1-9][0-9]{{0,{_LONGEST_NUMBER}}}", text):
            raise _RowError(f"number is no number of a build: {_short(value)!r}")
        return int(text)
    text = str(value).strip()
    if not _PART.fullmatch(text) or not text.isprintable():
        raise _RowError(f"{name} is no name that an address can have: {_short(value)!r}")
    return text


def _stand_in(given: Mapping[str, Any]) -> str:
    """Return a key for a row whose own cannot be used: the same for the same row."""
    text = json.dumps(given, sort_keys=True, default=str)
    return f"refused/{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _short(value: Any) -> str:
    text = one_line(str(value))
    return text if len(text) <= _LONGEST_KEY else text[:_LONGEST_KEY] + "…"
