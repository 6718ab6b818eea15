"""Where a package is written to: never over what somebody else has put there."""

from pathlib import Path

import pytest

from buildkite_source.dbt_project import write
from buildkite_source.settings import SettingError
from tests.cli.running import Cli, everything_in

_FILES = {
    "dbt_project.yml": "name: buildkite\n",
    "README.md": "# Page\n",
    "models/a.sql": "SELECT 1\n",
    "tests/b.sql": "SELECT 2\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some" / "package"


def refused(folder: Path, files: dict[str, str]) -> str:
    """Return why nothing was written; nothing was."""
    before = everything_in(folder)
    with pytest.raises(SettingError) as error:
        write(folder, files)
    assert everything_in(folder) == before
    return str(error.value)


def test_writing_again_changes_nothing(folder: Path) -> None:
    assert write(folder, _FILES) == len(_FILES)
    before = everything_in(folder)
    assert write(folder, _FILES) == 0
    assert everything_in(folder) == before
    for path, text in _FILES.items():
        mark, _, rest = (folder / path).read_text().partition("\n")
        assert "Written by buildkite-pipeline dbt-project" in mark
        assert rest == text


def test_a_new_package_takes_the_place_of_an_older_one(folder: Path) -> None:
    write(folder, _FILES)
    newer = {**_FILES, "models/a.sql": "SELECT 3\n", "models/new/c.sql": "SELECT 4\n"}
    del newer["tests/b.sql"]
    assert write(folder, newer) == 3
    assert (folder / "models/a.sql").read_text().endswith("SELECT 3\n")
    assert not (folder / "tests/b.sql").exists()
    assert write(folder, newer) == 0


def test_what_others_put_beside_it_stays(folder: Path) -> None:
    write(folder, _FILES)
    beside = ("target/models/a.sql", "profiles.yml", "models/mine.sql", "models/mine.yml")
    for path in beside:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("mine")
    write(folder, {path: text for path, text in _FILES.items() if path != "models/a.sql"})
    assert [(folder / path).read_text() for path in beside] == ["mine"] * len(beside)


def test_an_empty_folder_will_do(folder: Path) -> None:
    folder.mkdir(parents=True)
    assert write(folder, _FILES) == len(_FILES)


@pytest.mark.parametrize("file", ["notes.txt", "dbt_project.yml", ".git/config"])
def test_a_folder_of_somebody_else_is_refused(folder: Path, file: str) -> None:
    (folder / file).parent.mkdir(parents=True)
    (folder / file).write_text("name: mine\n")
    assert "holds something that is not a package" in refused(folder, _FILES)


def test_a_file_in_the_place_of_the_folder_is_refused(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("mine")
    with pytest.raises(SettingError, match="is a file: name a folder"):
        write(folder, _FILES)
    assert folder.read_text() == "mine"


@pytest.mark.parametrize("path", ["models/a.sql", "dbt_project.yml", "tests/b.sql"])
def test_a_file_that_was_changed_by_hand_is_refused(folder: Path, path: str) -> None:
    write(folder, _FILES)
    with (folder / path).open("a") as file:
        file.write("-- mine\n")
    # Whether the new package has the file, or does not.
    fewer = {name: text for name, text in _FILES.items() if name != "tests/b.sql"}
    for files in (_FILES, fewer):
        told = refused(folder, files)
        assert f"changed by hand: {path}." in told


def test_a_file_of_somebody_else_in_the_place_of_one_is_refused(folder: Path) -> None:
    write(folder, _FILES)
    (folder / "models/new.sql").write_text("SELECT 5\n")
    assert "models/new.sql" in refused(folder, {**_FILES, "models/new.sql": "SELECT 6\n"})


def test_a_link_in_the_place_of_a_file_is_refused(folder: Path, tmp_path: Path) -> None:
    write(folder, _FILES)
    elsewhere = tmp_path / "elsewhere.sql"
    (folder / "models/a.sql").rename(elsewhere)
    (folder / "models/a.sql").symlink_to(elsewhere)
    assert "models/a.sql" in refused(folder, {**_FILES, "models/a.sql": "SELECT 7\n"})


def test_other_ends_of_lines_are_no_change(folder: Path) -> None:
    write(folder, _FILES)
    for path in _FILES:
        text = (folder / path).read_text()
        (folder / path).write_text(text, newline="\r\n")
    assert write(folder, _FILES) == 0


def test_the_command_says_so_and_exits_with_1(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    told = cli.fails("dbt-project", "--to", str(tmp_path / "mine"))
    assert "holds something that is not a package" in told
    (tmp_path / "file").write_text("mine")
    assert "cannot be written" in cli.fails(
        "dbt-project", "--to", str(tmp_path / "file" / "folder")
    )
