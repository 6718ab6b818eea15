"""What can be asked of Buildkite: one definition per action, from which all else follows.

Validation, the request, the lookup of doubtful ones, `docs/actions.md` and `--help` read these.
"""

from .model import Action, Field, Level, Type
from .of_builds import OF_BUILDS
from .of_estate import OF_ESTATE

_API = Action(
    "api",
    "",
    "",
    "",
    "",
    Level.ADDRESS,
    (
        Field(
            "method",
            Type.TEXT,
            "of the request",
            required=True,
            choices=("POST", "PUT", "PATCH", "DELETE"),
            in_path=True,
        ),
        Field(
            "path",
            Type.TEXT,
            "address below organizations/ORG/, which tells what it is done to",
            required=True,
            in_path=True,
        ),
        Field("body", Type.JSON, "what is sent", secret=True),
    ),
    (200, 201, 202, 204),
    "send anything else to an address of the API",
    "nothing: one that is in doubt stays so, and is left to people",
    "https://buildkite.com/docs/apis/rest-api",
)

ACTIONS: dict[str, Action] = {action.name: action for action in (*OF_BUILDS, *OF_ESTATE, _API)}
