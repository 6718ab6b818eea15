"""The report at the end of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dlt import Pipeline


@dataclass(slots=True)
class Report:
    """What a run did.

    Attributes:
        rows: Rows loaded by table.
        requests: Requests sent, failed ones and retries too.
        waited: Seconds slept for the request budget.
        retried: Requests repeated after a failure.
        limited: 429 answers met.
        seconds: Wall time of the run.
        unknown: Fields the reference does not know, by table; they are kept in `extra`.
        lost_left_out: Unsettled builds that were not asked for, to keep to the bound.
        stopped: The run was ended by Ctrl-C after what it had read was loaded.
        secrets_left_out: Columns left out because they may hold credentials.
        place: Where the data lies.
        next_command: What to type next.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    waited: float = 0.0
    retried: int = 0
    limited: int = 0
    seconds: float = 0.0
    unknown: Mapping[str, set[str]] = field(default_factory=dict)
    lost_left_out: int = 0
    stopped: bool = False
    secrets_left_out: list[str] = field(default_factory=list)
    place: str = ""
    next_command: str = ""

    def text(self) -> str:
        """Return the report as a few lines."""
        width = max((len(name) for name in self.rows), default=0)
        lines = [f"Loaded in {self.seconds:.1f} s:"]
        lines += [f"  {name:<{width}}  {count:>9,} rows" for name, count in self.rows.items()]
        lines.append(
            f"Requests: {self.requests:,}, of which {self.retried} were retries; "
            f"waited {self.waited:.0f} s for the budget; {self.limited} times rate limited."
        )
        if self.secrets_left_out:
            names = ", ".join(self.secrets_left_out)
            lines.append(f"Left out, as it may hold credentials (include_secrets): {names}.")
        for table, unknown in self.unknown.items():
            fields = ", ".join(sorted(unknown))
            lines.append(f"Unknown fields, kept in {table}.extra: {fields}.")
        if self.lost_left_out:
            lines.append(
                f"Left for a later run: {self.lost_left_out} unsettled builds that no list "
                "returned (lost_requests bounds the requests for them)."
            )
        if self.stopped:
            lines.append("Stopped on request; what was read is loaded. Run again to go on.")
        lines += [f"Data: {self.place}", f"Next: {self.next_command}"]
        return "\n".join(lines)


def place_of(pipeline: Pipeline) -> str:
    """Return where a pipeline's data lies, without credentials."""
    config = pipeline.destination_client().config
    database = getattr(getattr(config, "credentials", None), "database", None)
    where = database if pipeline.destination.destination_name == "duckdb" else str(config)
    return f"dataset {pipeline.dataset_name} in {where}"
