"""`--when`: what is worth a message."""

import pytest

from buildkite_source.digest import Digest
from buildkite_source.posting import verdicts, why_not

from . import digests

_CALM = digests.digest([], [("acme", "api", 1_800.0, None)])


@pytest.mark.parametrize(
    ("digest", "below", "worth"),
    [
        (_CALM, 0.8, False),
        (_CALM, 0.91, True),
        (_CALM, 0.9, False),
        (digests.usual(), 0.8, True),
        (digests.quiet(), 1.0, False),
    ],
)
def test_red(digest: Digest, below: float, worth: bool) -> None:
    """A default branch is red now, or the success rate is below the setting."""
    now = verdicts(digest, below)
    assert (why_not("red", now, None, below) == "") is worth
    assert why_not("always", now, now, below) == ""


def test_changed() -> None:
    """Another verdict than the last, or the first; a figure that moves is none."""
    now = verdicts(_CALM, 0.8)
    assert why_not("changed", now, None, 0.8) == ""
    assert "the same default branches" in why_not("changed", now, now, 0.8)
    moved = verdicts(digests.digest([], [], rate=0.85), 0.8)
    assert why_not("changed", moved, now, 0.8)
    for other in (
        verdicts(digests.usual(), 0.8),
        verdicts(_CALM, 0.95),
        verdicts(digests.quiet(), 0.8),
        verdicts(digests.digest([], [], organizations=("other",)), 0.8),
    ):
        assert why_not("changed", other, now, 0.8) == ""
