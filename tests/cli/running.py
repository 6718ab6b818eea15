"""The command line as tests run it: in this process, or as a program of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from buildkite_simulator import Simulator
from buildkite_source import rest_config
from buildkite_source.cli import main
from tests.beginnings import Beginnings
from tests.reading import query

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class Outcome:
    """What a run left behind for the person who started it."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass
class Cli:
    """Runs the command line in this process."""

    folder: Path
    simulator: Simulator
    capsys: pytest.CaptureFixture[str]
    beginnings: Beginnings
    secrets: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str) -> Outcome:
        self.capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
        captured = self.capsys.readouterr()
        outcome = Outcome(code, captured.out, captured.err)
        for secret in (self.simulator.token, *self.secrets):
            assert secret not in outcome.text
        return outcome

    def loads(self, *arguments: str) -> Outcome:
        outcome = self(*arguments)
        assert outcome.code == 0, outcome.text
        return outcome

    def has_loaded(self, *arguments: str) -> None:
        """Begin with this load of the world as it was made; others who begin so have a copy."""
        self.begin(
            ("loaded", rest_config.PER_PAGE, *arguments), lambda: self.loads("--quiet", *arguments)
        )

    def begin(self, name: Hashable, make: Callable[[], object]) -> None:
        """Do what others do as well, and have it copied by them; see `Beginnings`."""
        self.beginnings.begin(self.simulator, self.folder, ("command line", name), make)
        self.simulator.reset_requests()

    def fails(self, *arguments: str) -> str:
        """Run what must fail, check the manners, and return the paragraph."""
        outcome = self(*arguments, "--progress", "off")
        assert outcome.code == 1, outcome.text
        check_paragraph(outcome)
        return outcome.err

    @property
    def database(self) -> Path:
        return self.folder / "buildkite_pipeline.duckdb"

    def count(self, table: str, dataset: str = "buildkite_data") -> int:
        ((rows,),) = query(self.database, f"SELECT count(*) FROM {dataset}.{table}")
        return int(rows)


def words(text: str) -> str:
    """Return a text without line breaks, which arguments' messages have anywhere."""
    return " ".join(text.split())


def check_paragraph(outcome: Outcome) -> None:
    """One paragraph for people: no report, no traceback, nothing of a log."""
    assert outcome.out == ""
    text = outcome.err.strip()
    assert text
    assert "\n\n" not in text
    assert len(text) < 1200
    for sign in ("Traceback", 'File "', "[ERROR]", "[WARNING]", "PipelineStepFailed"):
        assert sign not in text


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return an environment that keeps a program's state in `folder`, and nothing of ours."""
    ours = ("SOURCES__", "DESTINATION__", "DLT_", "RUNTIME__", "PYTHONPATH")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **clean,
        "DLT_DATA_DIR": str(folder / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        **settings,
    }


def project_environment(folder: Path, simulator: Simulator, **settings: str) -> dict[str, str]:
    """Return an environment in which `folder` is the project and a simulator is the API."""
    places = dict.fromkeys(("DLT_PROJECT_DIR", "DLT_LOCAL_DIR"), str(folder))
    return environment(
        folder,
        **places,
        NO_PROXY="*",
        SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN=simulator.token,
        SOURCES__BUILDKITE_SOURCE__BASE_URL=simulator.base_url,
        **settings,
    )


def run(*command: str | Path, cwd: Path, env: dict[str, str], timeout: float = 120) -> Outcome:
    """Run a program to its end."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def run_with_small_files(cli: Cli, most: int, *arguments: str) -> Outcome:
    """Run the command line where no file may grow past `most` bytes, as under a quota."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from buildkite_source.cli import main;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}));"
        "sys.exit(main(sys.argv[1:]))"
    )
    # Python does not notice that bytecode was cut off: every later program would fail.
    env = project_environment(cli.folder, cli.simulator, PYTHONDONTWRITEBYTECODE="1")
    return run(sys.executable, "-c", code, *arguments, cwd=cli.folder, env=env)


def copy_project(folder: Path) -> Path:
    """Copy what a user has who cloned the repository; tests never write into the original."""
    for package in ("buildkite_source", "buildkite_simulator", "pipelines"):
        shutil.copytree(REPOSITORY / package, folder / package)
    (folder / ".dlt").mkdir()
    shutil.copy(REPOSITORY / ".dlt" / "config.toml", folder / ".dlt")
    return folder


def everything_in(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file and folder with its time and content, but the system's temporary ones."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_relative_to(folder / "temporary"):
            text = path.read_bytes() if path.is_file() else b""
            found[str(path)] = (path.stat().st_mtime_ns, hashlib.sha256(text).hexdigest())
    return found
