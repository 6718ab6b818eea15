"""Questions about many builds, put into as few queries as their price allows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .client import GraphqlClient
from .cost import MOST_POINTS
from .errors import TooHeavyError

T = TypeVar("T")

# Builds in one query: a hundred keep the body small and the query far from any time limit.
MOST_BUILDS = 100
# A batch smaller than this waits for more points, unless there is no more to ask.
LEAST_BUILDS = 25
# Builds in a row that are each too heavy alone, until the API is taken to be out of order.
_HOPELESS = 3


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is asked about one build.

    Attributes:
        about: What the answer is for.
        build_id: UUID of the build.
        fields: Selection within `Build`; `$cursor` in it stands for `cursor`.
        price: Points it asks for, by the documented rules.
        cursor: Where a page begins, if it is not the first.
    """

    about: T
    build_id: str
    fields: str
    price: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """The build does not exist any more, or this token's user may not see it."""


@dataclass(frozen=True, slots=True)
class TooLong:
    """GraphQL cannot tell all of this build: ask REST. `reason` is meant for people."""

    reason: str


Told = dict[str, Any] | Gone | TooLong


def ask(client: GraphqlClient, questions: Sequence[Question[T]]) -> Iterator[tuple[T, Told]]:
    """Ask all questions, many builds in one query; yield what each is about, and the build.

    Queries that are too heavy are halved; a build that is too heavy alone is `TooLong`.

    Raises:
        BuildkiteError: As `GraphqlClient.run`. `TooHeavyError` only where several builds in a
            row were too heavy each alone: then it is not they that are heavy.
    """
    begin, most, hopeless = 0, MOST_BUILDS, 0
    while begin < len(questions):
        waiting = questions[begin : begin + most]
        least = min(sum(each.price for each in waiting[:LEAST_BUILDS]), MOST_POINTS)
        batch = waiting[: _fitting(waiting, client.room(least))]
        try:
            told = _ask_batch(client, batch)
        except TooHeavyError as error:
            most = max(1, len(batch) // 2)
            if len(batch) > 1:
                continue
            hopeless += 1
            if hopeless == _HOPELESS:
                raise
            told = [(batch[0].about, TooLong(str(error)))]
        else:
            most, hopeless = min(2 * most, MOST_BUILDS), 0
        yield from told
        begin += len(batch)


def _fitting(questions: Sequence[Question[T]], points: int) -> int:
    """Return how many of the questions may be asked for `points`, at least one."""
    for number, each in enumerate(questions):
        points -= each.price
        if points < 0:
            return max(1, number)
    return len(questions)


def _ask_batch(client: GraphqlClient, batch: Sequence[Question[T]]) -> list[tuple[T, Told]]:
    query, variables = query_of(batch)
    answer = client.run(query, variables, sum(each.price for each in batch))
    told: list[tuple[T, Told]] = []
    for number, each in enumerate(batch):
        alias = f"b{number}"
        if alias in answer.failed or alias not in answer.data:
            reason = answer.failed.get(alias, "The answer left it out.")
            told.append((each.about, TooLong(reason)))
        else:
            build = answer.data[alias]
            told.append((each.about, build if isinstance(build, dict) else Gone()))
    return told


def query_of(questions: Sequence[Question[T]]) -> tuple[str, dict[str, str]]:
    """Return the query with one alias a build, `b0` and on, and its variables.

    Ids and cursors travel as variables only; what is asked of many builds is one fragment.
    """
    variables: dict[str, str] = {}
    fragments: dict[str, str] = {}
    aliases = []
    for number, each in enumerate(questions):
        variables[f"i{number}"] = each.build_id
        fields = each.fields
        if each.cursor is not None:
            variables[f"c{number}"] = each.cursor
            fields = fields.replace("$cursor", f"$c{number}")
        name = fragments.setdefault(fields, f"f{len(fragments)}")
        aliases.append(f"b{number}: build(uuid: $i{number}) {{ ...{name} }}")
    types = {"i": "ID!", "c": "String!"}
    declared = ", ".join(f"${name}: {types[name[0]]}" for name in variables)
    lines = [f"query ({declared}) {{", *aliases, "}"]
    lines += [f"fragment {name} on Build {{ {fields} }}" for fields, name in fragments.items()]
    return "\n".join(lines), variables
