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

    Raises:
        BuildkiteError: As `GraphqlClient.run`, but a query that is too heavy is halved.
    """
    begin = 0
    while begin < len(questions):
        waiting = questions[begin : begin + MOST_BUILDS]
        least = min(sum(each.price for each in waiting[:LEAST_BUILDS]), MOST_POINTS)
        batch = waiting[: _fitting(waiting, client.room(least))]
        yield from _ask_batch(client, batch)
        begin += len(batch)


def _fitting(questions: Sequence[Question[T]], points: int) -> int:
    """Return how many of the questions may be asked for `points`, at least one."""
    for number, each in enumerate(questions):
        points -= each.price
        if points < 0:
            return max(1, number)
    return len(questions)


def _ask_batch(client: GraphqlClient, batch: Sequence[Question[T]]) -> Iterator[tuple[T, Told]]:
    query, variables = query_of(batch)
    try:
        answer = client.run(query, variables, sum(each.price for each in batch))
    except TooHeavyError as error:
        if len(batch) == 1:
            yield batch[0].about, TooLong(str(error))
            return
        half = len(batch) // 2
        yield from _ask_batch(client, batch[:half])
        yield from _ask_batch(client, batch[half:])
        return
    for number, each in enumerate(batch):
        alias = f"b{number}"
        if alias in answer.failed or alias not in answer.data:
            yield each.about, TooLong(answer.failed.get(alias, "The answer left it out."))
            continue
        build = answer.data[alias]
        yield each.about, build if isinstance(build, dict) else Gone()


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
