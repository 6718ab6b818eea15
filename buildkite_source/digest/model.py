"""What a section of a digest is made of."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Form(Enum):
    """How a value is written."""

    TEXT = "text"
    COUNT = "count"
    PERCENT = "share"
    DURATION = "seconds"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a section.

    Attributes:
        name: Its name in the question; in the span before, `previous_` stands in front.
        heading: Its name for people.
        form: How its values are written.
        n: Column that says of how many things the value is made.
        compared: There is a value of the span before.
        more_is: What it means when there is more; None where it means neither.
        link: Column with the address of what is named.
        shown: `differs`: only when the rows differ in it. `needed`: only when two rows would
            else bear the same names.
    """

    name: str
    heading: str
    form: Form = Form.TEXT
    n: str = ""
    compared: bool = False
    more_is: Literal["better", "worse"] | None = None
    link: str = ""
    shown: Literal["always", "differs", "needed"] = "always"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the digest.

    Attributes:
        key: Its name in JSON.
        title: Its name for people.
        note: What the figures are, and by what they are ranked.
        view: The view whose figures they are.
        empty: What to say when there is nothing to tell.
        sql: The question. `:scope` stands for the chosen pipelines, `:organizations` for their
            organizations, `:top` for the number of rows.
        columns: What is shown of the answer, in order.
        only_if_any: People are shown it only when there is something to tell.
    """

    key: str
    title: str
    note: str
    view: str
    empty: str
    sql: str
    columns: tuple[Column, ...]
    only_if_any: bool = False


# Columns that several sections have.
ORGANIZATION = Column("organization_slug", "Organization", shown="differs")
PIPELINE = Column("pipeline_slug", "Pipeline", link="pipeline_url")
STEP = Column("step", "Step")
