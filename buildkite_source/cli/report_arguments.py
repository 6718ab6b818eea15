"""How a report is written, posted, and published."""

from . import argument_types as types
from .option import Option, Word, option, repeatable

PUBLISH_WORD = Word(
    "place", "FOLDER|BUCKET_URL", "where the site is to lie; made if it is not there"
)

OF_REPORT: tuple[Option, ...] = (
    option(
        "--format",
        ("report", "act"),
        "markdown, html (one file that needs no network), json, or message: a few lines of "
        "Markdown on what fails most; default: markdown. Of what act reads: csv, by default "
        "where its name ends so",
        "report --format html --output ci.html",
        choices=("markdown", "html", "json", "message", "csv"),
        default="markdown",
        metavar="FORMAT",
    ),
    option(
        "--output",
        ("report",),
        "file to write the report to; default: print it",
        "report --output ci.md",
        type=types.name,
        metavar="FILE",
    ),
    option(
        "--top",
        ("report", "publish"),
        "rows of each list; default: 5",
        "report --top 10",
        type=types.size,
        default=5,
        metavar="N",
    ),
    option(
        "--zone",
        ("report", "publish"),
        "time zone of the times shown; default: UTC",
        "report --zone Europe/Berlin",
        type=types.zone,
        default="UTC",
        metavar="ZONE",
    ),
    repeatable(
        "--fail-if",
        ("report",),
        "exit with 3 if this holds of the report's figures: NAME OPERATOR NUMBER; repeatable, "
        "any of them; see docs/posting.md",
        "report --fail-if 'main_red_hours > 4'",
        "CONDITION",
        types.condition,
    ),
    repeatable(
        "--post",
        ("report",),
        "post a short message to slack, teams, discord, email, webhook, annotation, or any "
        "address of apprise, and print no report; repeatable. Shown only, without --yes; see "
        "docs/posting.md",
        "report --top 3 --since 24h --post slack --yes",
        "WHERE",
        types.where_to_post,
    ),
    option(
        "--when",
        ("report",),
        "post always, or only if main is red or the success rate is bad (red), or if that is "
        "otherwise than in the last post (changed); default: always",
        "report --post slack --when red --yes",
        choices=("always", "red", "changed"),
        default="always",
        metavar="WHEN",
    ),
    repeatable(
        "--notebook",
        ("publish",),
        "publish this notebook; repeatable; default: all",
        "publish site --notebook success_rates",
        "NAME",
    ),
)
