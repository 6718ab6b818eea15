"""`docs/tables.md` and `COMMENT ON` statements, both from the table definitions."""

from collections.abc import Callable, Container, Iterator, Sequence

from .model import Column, Table

_HEADER = """# Tables

Generated from the table definitions in `buildkite_source/tables/`; a test compares the two.
Every timestamp is UTC. `JSON` columns hold text of arrays or objects. A field that is not here
and not named as left out is kept in `extra`. Keys named `token` or `api_token` are kept nowhere,
not inside `JSON` columns either. What becomes of personal data, and of what may mention people, is
set by `personal_data`.
"""

# Where a value comes from that is not in the JSON and not of the row's parent.
_PLACES = {
    "@extra": "what is left",
    "@fetched_at": "the response",
    "@observed_at": "the load",
    "@first_seen_at": "the loads",
    "@last_seen_at": "the loads",
    "@known_from": "the load",
    "@metrics_period": "the request",
    "@base_url": "the request",
}


def markdown(tables: Sequence[Table]) -> str:
    """Return the documentation page of all tables."""
    return "\n".join([_HEADER, *(_section(table) for table in tables)])


def comment_statements(
    table: Table, qualified_name: str, escape: Callable[[str], str], present: Container[str]
) -> Iterator[str]:
    """Yield `COMMENT ON` for a table and each of its columns.

    Args:
        table: The definition.
        qualified_name: Table name as the destination writes it.
        escape: Quotes an identifier for the destination.
        present: Columns the destination has; others get no comment.
    """
    yield f"COMMENT ON TABLE {qualified_name} IS {_literal(table.description)}"
    for column in table.columns:
        if column.name not in present:
            continue
        name = f"{qualified_name}.{escape(column.name)}"
        yield f"COMMENT ON COLUMN {name} IS {_literal(column.description)}"


def _section(table: Table) -> str:
    rows = "\n".join(_row(table, column) for column in table.columns)
    omitted = "\n".join(
        f"| `{path}` | {reason} |" for path, reason in sorted(table.omitted.items())
    )
    key = "Primary key: " + ", ".join(f"`{name}`" for name in table.primary_key)
    rule = "Each load adds rows" if table.append else key
    return f"""## {table.name}

{table.description}. {rule}. Rests on [{table.documentation}]({table.documentation}).

| Column | Type | From | Description |
| --- | --- | --- | --- |
{rows}

Left out:

| Field | Reason |
| --- | --- |
{omitted}
"""


def _row(table: Table, column: Column) -> str:
    place = column.path
    if place.startswith("@"):
        place = _PLACES.get(place, "its parent")
    elif place.startswith("/"):
        place = f"`{place[1:]}` of the build"
    elif table.rows:
        place = f"`{table.rows}[].{place}`"
    else:
        place = f"`{place}`"
    flags = (
        " Personal." * column.personal
        + " May mention people." * column.mentions_people
        + " Off by default: may hold secrets." * column.secret
    )
    return f"| `{column.name}` | {column.kind.name} | {place} | {column.description}.{flags} |"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
