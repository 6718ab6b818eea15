"""Every form of a file is read; what is none is told, and never more than is bounded."""

import gzip
import random
from datetime import UTC, datetime
from threading import Barrier

import pytest

from buildkite_source.buckets import Level, NoObjectError, Stored
from buildkite_source.exports.contents import UnreadableError, items_in, unpacked
from buildkite_source.exports.layout import Strays, days, folders
from buildkite_source.exports.listing import listed
from buildkite_source.exports.reading import read_folders
from buildkite_source.tables import JOBS

AT = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = b'{"id": "a"}', b'{"id": "b", "text": "x\\ny"}'
HOME = "buildkite/build-exports/org=o/date=2026-01-01/pipeline=p/build=b"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (b"[" + ONE + b"," + TWO + b"]", ["a", "b"]),
        (b" " + ONE + b"\n", ["a"]),
        (b'{\n "id": "a"\n}', ["a"]),
        (ONE + b"\n" + TWO, ["a", "b"]),
        (ONE + b"\r\n\r\n" + TWO + b"\n", ["a", "b"]),
        (b"[" + ONE + b"]\n[" + TWO + b"]", ["a", "b"]),
        (b"[]", []),
        (b"null", []),
        (b"", []),
    ],
)
def test_every_form_is_read(text: bytes, ids: list[str], pack: type[bytes]) -> None:
    assert [item["id"] for item in items_in(pack(text), AT)] == ids


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (gzip.compress(ONE, mtime=0)[:-9], "cut off"),
        (b"\x1f\x8b" + b"\xff" * 40, "damaged"),
        (b'[{"id": "a"', "Expecting"),
        (b"[1, 2]", "no object"),
        (ONE + b"\nhello", "Expecting"),
        (b"[" * 100_000, "nested|Expecting|recursion"),
    ],
)
def test_what_is_none_is_told(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        items_in(data, AT)


def test_a_bomb_is_left_alone() -> None:
    with pytest.raises(UnreadableError, match="larger than 1,000 bytes"):
        list(unpacked([gzip.compress(b"0" * 100_000)], 1_000))


@pytest.mark.parametrize("size", [2, 3, 10_000, 10_000_000])
def test_what_is_packed_may_come_in_any_pieces(size: int) -> None:
    """Several files one after the other, of whole blocks and of less, and zeros at the end."""
    texts = [ONE, b"0" * (2 << 20), TWO, random.Random(1).randbytes((1 << 20) + 7)]
    packed = b"".join(map(gzip.compress, texts)) + bytes(9)
    if size < 100:
        texts, packed = texts[:1], gzip.compress(ONE) + bytes(9)
    pieces = [packed[place : place + size] for place in range(0, len(packed), size)]
    assert b"".join(unpacked(pieces)) == b"".join(texts)


class Shelf:
    """A place that holds what it is given, and knows what is asked of it at once."""

    name = "shelf"
    waits = True

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def level(self, prefix: str) -> Level:
        inner = sorted(key.removeprefix(prefix) for key in self.files if key.startswith(prefix))
        names = dict.fromkeys(key.partition("/")[0] for key in inner if "/" in key)
        objects = [_stored(prefix + key) for key in inner if "/" not in key]
        return Level(list(names), objects)

    def below(self, prefix: str):
        return map(_stored, sorted(key for key in self.files if key.startswith(prefix)))

    def read(self, key: str) -> bytes:
        if self.files[key] == b"gone":
            raise NoObjectError(key)
        return self.files[key]


def _stored(key: str) -> Stored:
    return Stored(key, 1, AT, "")


def read(files: dict[str, bytes], threads: int = 0):
    shelf, strays = Shelf(files), Strays()
    dates = listed(shelf, days(shelf, strays))
    found = [one for date in dates for one in folders(*date, strays)]
    return list(read_folders(shelf, found, AT, threads)), strays


def test_strays_are_counted_and_the_trial_is_not() -> None:
    root = "buildkite/build-exports"
    found, strays = read(
        {
            f"{root}/deliverability-test.txt": b"",
            f"{root}/org=o/deliverability-test.txt": b"",
            f"{HOME}/build.json.gz": ONE,
            f"{HOME}/jobs/job-j.txt": b"",
            f"{root}/org=o/date=2026-01-01/readme": b"",
            f"{root}/other/x": b"",
        }
    )
    assert len(found) == 1
    assert strays.count == 3
    assert set(strays.first) == {
        f"{HOME}/jobs/job-j.txt",
        f"{root}/org=o/date=2026-01-01/readme",
        f"{root}/other/",
    }


@pytest.mark.parametrize("build", [b"{}", b' {"id": "b" } ', b'[{"id":"b"}]'])
def test_jobs_are_where_a_page_of_builds_has_them(build: bytes) -> None:
    files = {f"{HOME}/build.json": build, f"{HOME}/jobs/job-1.json": ONE}
    ((contents,), _) = read({**files, f"{HOME}/jobs/job-2.json": TWO})
    (item,) = contents.items["builds"]
    assert [job["id"] for job in item[JOBS.rows]] == ["a", "b"]


@pytest.mark.parametrize("threads", [0, 3])
def test_folders_come_in_order_and_their_troubles_are_theirs(threads: int) -> None:
    files = {f"{HOME}{number:03}/build.json": ONE for number in range(90)}
    files[f"{HOME}007/build.json"] = b"gone"
    files[f"{HOME}008/build.json"] = ONE + b"\n" + TWO
    del files[f"{HOME}009/build.json"]
    files[f"{HOME}009/artifacts.json"] = b"[]"
    found, _ = read(files, threads)
    assert [one.folder.build_id for one in found] == [f"b{number:03}" for number in range(90)]
    assert [one.folder.build_id for one in found if one.waiting] == ["b007", "b008", "b009"]
    assert [len(one.unreadable) for one in found[7:10]] == [1, 1, 0]


def test_files_of_the_last_folders_are_read_side_by_side() -> None:
    """A folder of many files takes as long as its slowest one, not as all of them in a row."""
    jobs = 7
    together = Barrier(jobs + 1)

    class Slow(Shelf):
        def read(self, key: str) -> bytes:
            together.wait(timeout=10)
            return super().read(key)

    files = {f"{HOME}/jobs/job-{number}.json": b'{"id": "%d"}' % number for number in range(jobs)}
    shelf, strays = Slow({f"{HOME}/build.json": b'{"id": "b"}', **files}), Strays()
    (day,) = days(shelf, strays)
    (found,) = read_folders(shelf, folders(day, shelf.below(day.folder), strays), AT, jobs + 1)
    assert [job["id"] for job in found.items["builds"][0].get("jobs")] == list("0123456")


def test_the_next_dates_are_listed_while_one_is_read_and_no_more() -> None:
    home = HOME.partition("date=")[0]
    files = [
        f"{home}date=2026-01-{number:02}/pipeline=p/build=b{number}/jobs/job-{job}.json"
        for number in range(1, 13)
        for job in range(1_500 if number == 2 else 2)
    ]
    ahead = Barrier(4)
    begun: list[str] = []

    class Slow(Shelf):
        def below(self, prefix: str):
            def objects():
                begun.append(prefix)
                if len(begun) <= 4:
                    # The first ones come together, or not at all.
                    ahead.wait(timeout=10)
                yield from Shelf.below(self, prefix)

            return objects()

    shelf = Slow(dict.fromkeys(files, b"{}"))
    found = []
    for number, (day, objects) in enumerate(listed(shelf, days(shelf, Strays())), 1):
        assert day.date == f"2026-01-{number:02}"
        found += [stored.key for stored in objects]
        assert len(begun) <= number + 4
    assert found == sorted(files)
