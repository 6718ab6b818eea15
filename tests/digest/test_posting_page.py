"""docs/posting.md: its commands do what it says, its tables are those of the code."""

import re
import shlex
import tomllib

import pytest

from buildkite_source import documentation
from buildkite_source.buckets import open_store
from buildkite_source.cli.options import parse
from buildkite_source.digest import MEANINGS
from buildkite_source.posting import NAMES, WHEN, Posting, forms
from buildkite_source.publishing.notebooks import scripts
from tests.cli.running import REPOSITORY, Cli
from tests.posting.receivers import webhook

_PAGE = (REPOSITORY / "docs" / "posting.md").read_text()
_COMMANDS = [
    shlex.split(line)[1:]
    for block in re.findall(r"```sh\n(.*?)```", _PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("buildkite-pipeline ")
]
_PREFIX = "SOURCES__BUILDKITE_SOURCE__POSTING__"


def test_the_tables_are_those_of_the_code() -> None:
    assert "\n".join(documentation.settings_table([Posting])) in _PAGE
    rows = [f"| `{name}` | {meaning} |" for name, meaning in MEANINGS.items()]
    assert "\n".join(["| Figure | |", "| --- | --- |", *rows]) in _PAGE
    for name in (*NAMES, *WHEN):
        assert f"\n| `{name}` | " in _PAGE


def test_bounds_are_those_of_the_code() -> None:
    for most in (forms.SLACK, forms.DISCORD, forms.PLAIN):
        assert f"{most:,} characters" in _PAGE
    assert f"{forms.TEAMS:,} bytes" in _PAGE
    sizes = [file.stat().st_size for _, file in scripts()]
    told = re.search(r"\((\d+) files, (\d+) MB,", _PAGE)
    assert told
    assert abs(int(told[1]) - len(sizes)) < 100
    assert abs(int(told[2]) - sum(sizes) / 1e6) < 10


def test_the_settings_are_where_they_are_looked_for() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", _PAGE, re.DOTALL)
    (named,) = tomllib.loads(example)["sources"]["buildkite_source"].values()
    assert named.keys() <= documentation.explained(Posting).keys()
    Posting(**named).check()


@pytest.mark.slow
def test_the_commands_do_what_is_said(loaded: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    message, dry, changed, alarm, publish = _COMMANDS
    assert loaded.loads(*message).out.startswith("CI of `lumen-freight`, `lumen-labs`\n")
    with webhook() as receiver:
        monkeypatch.setenv(f"{_PREFIX}SLACK_URL", receiver.url)
        monkeypatch.setenv(f"{_PREFIX}EMAIL_URL", "mailtos://ci:password@127.0.0.1:9?to=a@b.c")
        told = loaded.loads(*dry).out
        assert "Would be posted to slack:" in told
        assert "Would be posted to email:" in told
        assert receiver.taken == []
        loaded.loads(*changed)
        assert len(receiver.taken) == 1
    assert loaded.count("posts") == 1
    assert loaded(*alarm, "--since", "28d").code == 3
    # What it does is shown in a browser: test_publish.py.
    assert parse(publish).place == "site"


def test_a_bucket_of_the_page_is_a_store() -> None:
    (url,) = re.findall(r"`publish (s3://[\w/-]+)`", _PAGE)
    assert parse(["publish", url]).place == url
    sections = ("sources", "buildkite_source", "publishing")
    assert f"[{'.'.join(sections)}.credentials]" in _PAGE
    assert open_store(str(REPOSITORY), sections).name == str(REPOSITORY)
