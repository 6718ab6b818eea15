"""The arguments of `api`."""

from . import argument_types as types
from .option import Option, flag, option, repeatable

OF_API: tuple[Option, ...] = (
    repeatable(
        "--query",
        ("api",),
        "parameter of the address; repeatable",
        "api organizations/acme/builds --query state=failed",
        "NAME=VALUE",
    ),
    flag(
        "--paginate",
        ("api",),
        "all pages of a list, as one array",
        "api organizations/acme/agents --paginate",
    ),
    option(
        "--method",
        ("api",),
        "send POST, PUT, PATCH or DELETE by the token of actions, which must allow api; what "
        "was sent is in the table actions, without its values",
        "api organizations/acme/teams --method POST --field name=Web",
        short="-X",
        type=str.upper,
        choices=("POST", "PUT", "PATCH", "DELETE"),
        metavar="METHOD",
    ),
    repeatable(
        "--field",
        ("api",),
        "field of what is sent: true, false, null and numbers as such, all else as text; "
        "repeatable",
        "api organizations/acme/teams -X POST --field name=Web --field default=false",
        "NAME=VALUE",
        types.field,
        short="-F",
    ),
    option(
        "--input",
        ("api",),
        "file with the JSON to send, or - for stdin",
        "api organizations/acme/teams -X POST --input team.json",
        type=types.name,
        metavar="FILE",
    ),
)
