"""Text: regular expressions, parts, JSON."""

from collections.abc import Callable

from sqlglot import exp

from .tree import call, pattern, replaced

_ZERO = exp.Literal.number(0)
# Columns of JSON that views read as text; some engines have a type for it that no CAST takes.
JSON_COLUMNS = frozenset({"matrix", "agent_meta_data", "tags"})
# In Java a class within a class is one more of its members, not a name:
# https://dev.java/learn/api/date-time-regex/regex/character-classes/
_SPACE = "[[:space:]]"
_SPACE_FOR_JAVA = r"\s"


def regexps_without_flags(query: exp.Expr) -> exp.Expr:
    """Replace all that matches without being told so, where `g` is not known and needless."""

    def change(node: exp.RegexpReplace) -> exp.Expr:
        return call("REGEXP_REPLACE", node.this, node.expression, node.args["replacement"])

    return replaced(query, exp.RegexpReplace, change)


def regexps_found_by_position(query: exp.Expr) -> exp.Expr:
    """Ask where something matches: `REGEXP_LIKE` wants the whole text to match, or is not there."""

    def change(node: exp.RegexpLike) -> exp.Expr:
        return exp.paren(call("REGEXP_INSTR", node.this, node.expression) > _ZERO)

    return replaced(query, exp.RegexpLike, change)


def regexps_found_by_match(query: exp.Expr) -> exp.Expr:
    """Ask whether something matches, by ClickHouse's function."""
    return replaced(query, exp.RegexpLike, lambda node: call("match", node.this, node.expression))


def white_space_for_java(query: exp.Expr) -> exp.Expr:
    """Name white space as Java does, which takes the class for the letters of its name."""
    for literal in query.find_all(exp.Literal):
        if literal.is_string and _SPACE in literal.name:
            literal.set("this", literal.name.replace(_SPACE, _SPACE_FOR_JAVA))
    return query


def parts_by_position(query: exp.Expr) -> exp.Expr:
    """Cut parts of a text out, for engines without `SPLIT_PART`."""
    return replaced(query, exp.SplitPart, _part)


def _part(node: exp.SplitPart) -> exp.Expr:
    text, separator = node.this, node.args["delimiter"]
    for _ in range(int(node.args["part_index"].name) - 1):
        after = f"substring(:text, strpos(:text, :by) + {len(separator.name)})"
        text = pattern(
            f"CASE WHEN strpos(:text, :by) > 0 THEN {after} ELSE '' END", text=text, by=separator
        )
    before = "substring(:text, 1, strpos(:text, :by) - 1)"
    return pattern(
        f"CASE WHEN strpos(:text, :by) > 0 THEN {before} ELSE :text END", text=text, by=separator
    )


def json_by_function(name: str) -> Callable[[exp.Expr], exp.Expr]:
    """Return a rewrite that has a function write columns of JSON as text, where no CAST can."""

    def change(node: exp.Cast) -> exp.Expr:
        if not isinstance(node.this, exp.Column) or node.this.name not in JSON_COLUMNS:
            return node
        return exp.Case().when(node.this.copy().is_(exp.null()).not_(), call(name, node.this))

    return lambda query: replaced(query, exp.Cast, change)


def joined_by_function(query: exp.Expr) -> exp.Expr:
    """Join texts by `CONCAT`: to MySQL `||` is a disjunction."""
    return replaced(query, exp.DPipe, lambda node: call("CONCAT", node.this, node.expression))
