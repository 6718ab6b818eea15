import unicodedata
from dataclasses import replace
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_simulator import HOSTILE_PATHS
from buildkite_source.artifacts import Artifact, Status, target_name, target_names, wanted
from tests.client.examples import examples

from .conftest import Shop

OWNER = "acme/web/17/j/"
PLAIN = ("..", ".", "", "a", "A", "é", "e\u0301", "con", "NUL.txt", "x.", "x ", "C:", "~", "\n")
LONG = ("n" * 300, "ü" * 200, ".0123456789abcdef.part", "\ud800", "a~0123456789abcdef", "\0")
PARTS = st.sampled_from(PLAIN + LONG)
PATHS = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(PARTS, max_size=8).map("/".join),
    st.lists(PARTS, max_size=8).map("\\".join),
)


def artifact(path: str, key: str = "a", **traits: object) -> Artifact:
    return replace(Artifact("acme", "web", 17, "j", key, path, 1, None), **traits)


def name(path: str) -> str:
    return target_name(artifact(path)).removeprefix(OWNER)


def same_file(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", "a.txt"),
        ("reports/TEST-com.acme.Cart.xml", "reports/TEST-com.acme.Cart.xml"),
        (".hidden/übung/日本語/👩\u200d👧.txt", ".hidden/übung/日本語/👩\u200d👧.txt"),
        ("shard 1 [of 2] (x) & y % z # !.log", "shard 1 [of 2] (x) & y % z # !.log"),
        ("../../../../etc/passwd", "__/__/__/__/etc/passwd"),
        ("/absolute/path.txt", "absolute/path.txt"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("C:\\Windows\\calc.exe", "C_/Windows/calc.exe"),
        ("\\\\host\\share\\x", "host/share/x"),
        ("file.txt:stream", "file.txt_stream"),
        ("~/x", "_/x"),
        ("con.txt", "_con.txt"),
        ("a/LPT1 .log/b", "a/_LPT1 .log/b"),
        ("console.txt", "console.txt"),
        ("trailing. . ", "trailing____"),
        ("nul\0 and\nline\r", "nul_ and_line_"),
        ("\u202egnp.exe", "_gnp.exe"),
        (".0123456789abcdef.PART", "_.0123456789abcdef.PART"),
        ("", "_"),
        ("/", "_"),
        ("...", "___"),
    ],
)
def test_names(path: str, expected: str) -> None:
    assert name(path) == expected


def test_long_names_are_cut_and_stay_apart() -> None:
    long = [name("ü" * 300 + end) for end in ("a.txt", "b.txt", "")]
    assert len(set(long)) == 3
    assert all(len(each.encode()) <= 200 for each in long)
    assert long[0].endswith(".txt")
    deep = [name("d/" * 2_000 + end) for end in ("x.txt", "e/x.txt")]
    assert len(set(deep)) == 2
    assert all(len(each) < 100 and each.endswith("/x.txt") for each in deep)


def test_a_hostile_owner_escapes_no_more_than_a_path() -> None:
    hostile = artifact("a", organization_slug="..", pipeline_slug="/etc", job_id="", id="../x")
    assert target_name(hostile) == "__/_etc/17/_/a"
    assert ".." not in target_name(hostile, unique=True)


@examples(200)
@given(PATHS, st.booleans())
def test_no_name_leaves_the_target(path: str, unique: bool) -> None:
    found = target_name(artifact(path), unique=unique)
    assert found.startswith(OWNER)
    for flavour in (PurePosixPath, PureWindowsPath):
        pure = flavour(found)
        assert not pure.is_absolute()
        assert not pure.drive
        assert ".." not in pure.parts
        assert pure.as_posix() == found
    assert len(found.encode()) < 900
    for part in found.split("/"):
        assert part.strip(". ") or part == "_"
        assert not part.endswith((".", " "))
        assert len(part.encode()) <= 255
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in part)


@examples(100)
@given(st.lists(PATHS, max_size=8))
def test_no_two_artifacts_meet(paths: list[str]) -> None:
    artifacts = [artifact(path, str(number)) for number, path in enumerate(paths)]
    names = target_names(artifacts)
    keys = [same_file(each) for each in names]
    assert len(set(keys)) == len(keys)
    for key in keys:
        assert not any(other.startswith(key + "/") for other in keys)
    backwards = target_names(artifacts[::-1])[::-1]
    assert backwards == names


def test_only_what_would_meet_is_marked() -> None:
    paths = ["Report.xml", "report.xml", "a", "a/b", "other.xml", "e\u0301", "é"]
    names = target_names([artifact(path, path) for path in paths])
    plain = [each.removeprefix(OWNER) for each in names]
    assert [each for each in plain if "~" not in each] == ["a/b", "other.xml"]
    again = artifact("a.txt", "one")
    assert target_names([again, again]) == [f"{OWNER}a.txt"] * 2


def test_hostile_artifacts_arrive_inside_the_target(shop: Shop) -> None:
    shop.simulator.world.plant_hostile(shop.build)
    for path in ("Twice.txt", "twice.txt", "twice.txt", "folder", "folder/file"):
        shop.plant(path, path.encode())
    artifacts = shop.listed()
    report = shop.download(artifacts)
    assert report.problems == []
    assert report.counts[Status.DOWNLOADED] == len(artifacts) == len(HOSTILE_PATHS) + 5
    assert len(shop.files()) == len(artifacts)
    for outcome in shop.outcomes:
        path = shop.target / outcome.name
        assert path.resolve().is_relative_to(shop.target.resolve())
        assert path.read_bytes() == outcome.artifact.path.encode()
    outside = [path for path in shop.target.parent.iterdir() if path != shop.target]
    assert outside == []
    assert shop.download(artifacts).counts[Status.PRESENT] == len(artifacts)


def test_two_runs_do_not_overwrite_each_other(shop: Shop) -> None:
    shop.plant("a.txt", b"first")
    shop.plant("a.txt", b"other")
    first, second = shop.listed()
    for artifacts in ([first], [second], [first], [second]):
        assert shop.download(artifacts).complete
    assert sorted(shop.files().values()) == [b"first", b"other"]
    assert shop.download([second]).counts[Status.PRESENT] == 1


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("junit.xml", {"junit.xml"}),
        ("junit*.xml", {"junit.xml", "junit-1.xml"}),
        ("*junit*.xml", {"junit.xml", "junit-1.xml", "reports/junit.xml"}),
        ("*", {"junit.xml", "junit-1.xml", "reports/junit.xml", "a[1].txt", "A[1].txt", "x\ny"}),
        ("**/*.xml", {"reports/junit.xml"}),
        ("reports/*", {"reports/junit.xml"}),
        ("a[1].txt", {"a[1].txt"}),
        ("junit?xml", set()),
        ("x*y", {"x\ny"}),
    ],
)
def test_patterns_mean_what_they_mean_to_the_api(shop: Shop, pattern: str, paths: set[str]) -> None:
    every = ["junit.xml", "junit-1.xml", "reports/junit.xml", "a[1].txt", "A[1].txt", "x\ny"]
    for path in every:
        shop.plant(path)
    artifacts = shop.listed()
    assert {each.path for each in wanted(artifacts, [pattern])} == paths
    assert {each.path for each in shop.listed(path=pattern)} == paths


def test_several_patterns_and_none() -> None:
    artifacts = [artifact(path) for path in ("a.xml", "b.txt", "c.log")]
    assert [each.path for each in wanted(artifacts, ["*.log", "a*", "*.xml"])] == ["a.xml", "c.log"]
    assert wanted(artifacts, []) == artifacts
