"""Fields of what is sent, typed as JSON is."""

import pytest

from buildkite_source.cli.argument_types import field


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=true", True),
        ("a=false", False),
        ("a=null", None),
        ("a=0", 0),
        ("a=-12", -12),
        ("a=1.50", 1.5),
        ("a=007", "007"),
        ("a=1e5", "1e5"),
        ("a=Infinity", "Infinity"),
        ("a=", ""),
        ("a= b=c", " b=c"),
        (f"a={'9' * 40}", "9" * 40),
    ],
)
def test_fields(text: str, value: object) -> None:
    name, found = field(text)
    assert (name, found) == ("a", value)
    assert type(found) is type(value)
