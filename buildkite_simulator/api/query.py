"""Query parameters as Rails reads them."""

import re
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from buildkite_simulator.api.errors import invalid
from buildkite_simulator.instants import SECOND, instant
from buildkite_simulator.switches import Switches

_DATE = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(?P<fraction>\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?\Z"
)


class Query:
    """The parameters of one request: the last scalar wins, `name[]` collects."""

    def __init__(self, query_string: str) -> None:
        self.pairs = parse_qsl(query_string, keep_blank_values=True)

    def one(self, name: str) -> str | None:
        """Return a scalar parameter."""
        values = [value for key, value in self.pairs if key == name]
        return values[-1] if values else None

    def many(self, name: str) -> list[str]:
        """Return an array parameter; a single value may drop the brackets."""
        values = [value for key, value in self.pairs if key == f"{name}[]"]
        scalar = self.one(name)
        return values if scalar in (None, "") else [*values, str(scalar)]

    def mapping(self, name: str) -> dict[str, str]:
        """Return a map parameter, as in `meta_data[key]=value`."""
        prefix = f"{name}["
        return {
            key[len(prefix) : -1]: value
            for key, value in self.pairs
            if key.startswith(prefix) and key.endswith("]") and key != f"{name}[]"
        }

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean parameter."""
        value = self.one(name)
        return default if value in (None, "") else value == "true"

    def number(self, name: str, default: int) -> int:
        """Return an integer parameter; what is no number counts as absent."""
        value = self.one(name) or ""
        return int(value) if value.isascii() and value.removeprefix("-").isdigit() else default

    def moment(self, name: str, switches: Switches) -> int | None:
        """Return a time parameter as an instant, or raise the API's 422."""
        value = self.one(name)
        if value in (None, ""):
            return None
        match = _DATE.match(str(value))
        if match is None:
            raise invalid(name)
        if match["fraction"] and switches.subsecond_filters == "rejected":
            raise invalid(name)
        try:
            at = instant(datetime.fromisoformat(str(value)))
        except ValueError:
            raise invalid(name) from None
        return at - at % SECOND if switches.subsecond_filters == "truncated" else at

    def with_values(self, **values: str | int) -> str:
        """Return the query string with some parameters replaced."""
        kept = [(key, value) for key, value in self.pairs if key not in values]
        return urlencode([*kept, *((key, str(value)) for key, value in values.items())])

    def without(self, *names: str) -> "Query":
        """Return the query without some parameters."""
        return Query(urlencode([pair for pair in self.pairs if pair[0] not in names]))
