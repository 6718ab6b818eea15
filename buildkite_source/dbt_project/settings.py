"""What users set for the views: variables of the package, and the models that read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from buildkite_source.metrics import BY_STATE, Given
from buildkite_source.warehouse.queries import text_of

from .relations import jinja

QUEUE_PRICES = "buildkite_queue_prices"
DEPLOYING_PIPELINES = "buildkite_deploying_pipelines"
BLOCKED_BUILDS = "buildkite_blocked_builds"
BLOCKED_BUILDS_BY_PIPELINE = "buildkite_blocked_builds_by_pipeline"
OPEN_DAYS = "buildkite_open_days"


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table of settings.

    Attributes:
        values: Calls of Jinja that give the value of each column.
        each: What is gone through, a row each; "" for one row.
    """

    values: tuple[str, ...]
    each: str = ""


@dataclass(frozen=True, slots=True)
class _Settings:
    description: str
    columns: Mapping[str, str]
    rows: tuple[_Rows, ...]


_COUNTS = f"buildkite.one_of({{}}, ['{BY_STATE}', 'open'], '{{}}')"
_TABLES: Mapping[str, _Settings] = {
    "given_queue_prices": _Settings(
        f"Prices of queues: variable {QUEUE_PRICES}",
        {"queue": "Queue", "price_per_hour": "Price of an hour of agent time"},
        (
            _Rows(
                ("buildkite.text(queue)", f"buildkite.price(price, '{QUEUE_PRICES}')"),
                f"queue, price in var('{QUEUE_PRICES}').items()",
            ),
        ),
    ),
    "given_deploying_pipelines": _Settings(
        f"Pipelines that deploy, beside those tagged deploy: variable {DEPLOYING_PIPELINES}",
        {"slug": "Slug of the pipeline"},
        (_Rows(("buildkite.text(slug)",), f"slug in var('{DEPLOYING_PIPELINES}')"),),
    ),
    "given_blocked_builds": _Settings(
        "What builds that stand at a block step count as: variables "
        f"{BLOCKED_BUILDS} and {BLOCKED_BUILDS_BY_PIPELINE}",
        {"slug": "Slug of the pipeline; an asterisk for all others", "counts": "by_state or open"},
        (
            _Rows(
                (
                    "buildkite.text('*')",
                    _COUNTS.format(f"var('{BLOCKED_BUILDS}')", BLOCKED_BUILDS),
                )
            ),
            _Rows(
                (
                    "buildkite.text(slug)",
                    _COUNTS.format("counts", BLOCKED_BUILDS_BY_PIPELINE),
                ),
                f"slug, counts in var('{BLOCKED_BUILDS_BY_PIPELINE}').items()",
            ),
        ),
    ),
    "given_limits": _Settings(
        f"Up to which age builds are followed: variable {OPEN_DAYS}",
        {"open_days": "Builds created earlier are not followed by loads"},
        (_Rows((f"var('{OPEN_DAYS}') | int",)),),
    ),
}


def variables(given: Given) -> dict[str, Any]:
    """Return the variables, as they are set here."""
    return {
        QUEUE_PRICES: dict(sorted(given.queue_prices.items())),
        DEPLOYING_PIPELINES: sorted(given.deploying_pipelines),
        BLOCKED_BUILDS: given.blocked_builds,
        BLOCKED_BUILDS_BY_PIPELINE: dict(sorted(given.blocked_builds_by_pipeline.items())),
        OPEN_DAYS: given.open_days,
    }


def settings_models(dialect: str) -> Iterator[tuple[str, str]]:
    """Yield name and SQL of the models that are tables of what is set.

    Args:
        dialect: As sqlglot names it.
    """
    for name, query in Given().tables().items():
        yield name, _model(query, _TABLES[name].rows, dialect)


def described() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield name, description and columns of these models."""
    for name, settings in _TABLES.items():
        yield name, settings.description, settings.columns


def _model(query: exp.Query, rows: tuple[_Rows, ...], dialect: str) -> str:
    # The first part has no rows, and the columns with their types.
    first = query
    while isinstance(first, exp.Union):
        first = first.left
    parts = [text_of(first, dialect)]
    for one in rows:
        select = exp.select(
            *(
                exp.cast(jinja(call), column.this.to).as_(column.alias)
                for call, column in zip(one.values, first.selects, strict=True)
            )
        )
        row = f"UNION ALL\n{text_of(select, dialect)}"
        parts.append(f"{{% for {one.each} %}}\n{row}\n{{% endfor %}}" if one.each else row)
    return "\n".join(parts)
