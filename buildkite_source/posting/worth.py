"""Whether something is worth saying: `--when`."""

import json

from buildkite_source.answers.numbers import absent, percent
from buildkite_source.digest import Digest, headline

WHEN = ("always", "red", "changed")


def verdicts(digest: Digest, red_below: float) -> str:
    """Return what is good and bad of a digest, as JSON that differs when one of it does.

    Of what it is, whether the success rate is below `red_below`, and which default branches are
    red now. Figures that merely moved are no other verdict.
    """
    rate = digest.figures["success_rate"]
    told = {
        "of": headline(digest, str),
        "rate": "none" if absent(rate) else "bad" if rate < red_below else "good",
        "red": sorted(
            f"{row['organization_slug']}/{row['pipeline_slug']}"
            for row in digest.red
            if not absent(row["still_red_since"])
        ),
    }
    return json.dumps(told, sort_keys=True)


def why_not(when: str, now: str, last: str | None, red_below: float) -> str:
    """Return why a message is not worth posting; "" where it is.

    Args:
        when: `always`, `red` or `changed`.
        now: The verdicts.
        last: Those of the last post to the same place; None if there was none.
        red_below: Success rate that is bad.
    """
    told = json.loads(now)
    if when == "red" and not told["red"] and told["rate"] != "bad":
        return (
            "no default branch is red, and the success rate is not below "
            f"{percent(red_below)} (red_below)"
        )
    if when == "changed" and now == last:
        return (
            "since the last post, the same default branches are red, and the success rate is as "
            "good or bad"
        )
    return ""
