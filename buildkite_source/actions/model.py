"""What an action is: what it is done to, what it sends, and what makes it safe to repeat."""

from dataclasses import dataclass
from enum import StrEnum

# Address of a pipeline; builds and all of theirs lie below it.
PIPELINE = "/organizations/{organization}/pipelines/{pipeline}"
# Of most: how a doubtful one is looked up.
SAME = "the state of the {}; once is as good as twice"


class Level(StrEnum):
    """What an action is done to; `needs` are the columns of a row that name it."""

    ORGANIZATION = "organization"
    PIPELINE = "pipeline"
    BUILD = "build"
    JOB = "job"
    AGENT = "agent"
    ADDRESS = "address"
    """Whatever the address is of, which is a field: what it names is the target."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns that name such a target."""
        return _NEEDS[self]


_NEEDS = {
    Level.ORGANIZATION: ("organization",),
    Level.PIPELINE: ("organization", "pipeline"),
    Level.BUILD: ("organization", "pipeline", "number"),
    Level.JOB: ("organization", "pipeline", "number", "job_id"),
    Level.AGENT: ("organization", "agent_id"),
    Level.ADDRESS: (),
}


class Type(StrEnum):
    """Types of fields; text of a CSV file is turned into them."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    MAP = "map of text"
    LIST = "list of text"
    OBJECTS = "list of objects"
    JSON = "JSON object or list"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that an action sends.

    Attributes:
        name: As the API names it.
        type: Its type.
        meaning: In a few words.
        required: It cannot be left out.
        choices: The values there are; any, where there are none. Of a list, or of text with
            commas, those of its parts.
        lowest, highest: Bounds of a number.
        default: Sent where a row has none.
        secret: Its values reach the API and nothing else: the ledger has names or a length.
        in_path: It is part of the address, not of the body.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    highest: int | None = None
    default: str | None = None
    secret: bool = False
    in_path: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """A kind of action.

    Attributes:
        name: As rows and settings name it.
        method: Of the request; "" where a field has it.
        path: After the base URL; `{…}` stand for columns of the row. "" where a field has it.
        scope: Scope that the actions' token needs; "" where it depends on the address.
        read_scope: Scope that the reading token needs to look a doubtful one up.
        level: What it is done to.
        fields: What it sends.
        expected: Statuses of an answer that did it.
        meaning: In a sentence without its subject.
        repeat: How a doubtful one is looked up, and what makes it safe to repeat.
        settles_after: Seconds after a claim until which a doubtful one that is not found may still
            be carried out by the API.
        documentation: Page of Buildkite's documentation it rests on.
    """

    name: str
    method: str
    path: str
    scope: str
    read_scope: str
    level: Level
    fields: tuple[Field, ...]
    expected: tuple[int, ...]
    meaning: str
    repeat: str
    documentation: str
    settles_after: int = 60

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns of a row that name its target."""
        return self.level.needs
