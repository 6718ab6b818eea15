"""Where things lie in build exports: organizations, dates, pipelines, builds and their files.

`buildkite/build-exports/org=…/date=…/pipeline=…/build=…/` holds `build.json.gz`, lists of what
hangs on the build, and `jobs/` (https://buildkite.com/docs/pipelines/governance/build-exports).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from buildkite_source.buckets import Store, Stored
from buildkite_source.tables import ANNOTATIONS, ARTIFACTS, STEP_UPLOADS

ROOT = "buildkite/build-exports/"
# Buildkite writes it to try whether it may.
_TRIAL = "deliverability-test.txt"
_BUILD = re.compile(r"pipeline=([^/]+)/build=([^/]+)/")
_JSON = r"\.(?:json|jsonl|ndjson)(?:\.gz)?"
_FILE = re.compile(rf"(build|annotations|artifacts|step-uploads){_JSON}")
_JOB = re.compile(rf"jobs/job-([^/]+){_JSON}")
_LOG = re.compile(r"jobs/job-([^/]+)\.log(?:\.gz)?")
LISTS = {
    "annotations": ANNOTATIONS.name,
    "artifacts": ARTIFACTS.name,
    "step-uploads": STEP_UPLOADS.name,
}


@dataclass(frozen=True, slots=True)
class Day:
    """One date of one organization.

    Attributes:
        organization_id: UUID of the organization.
        date: As it is written, usually `2026-01-31`.
        folder: Its key, ending in `/`.
    """

    organization_id: str
    date: str
    folder: str


@dataclass(slots=True)
class BuildFolder:
    """What was exported of one build.

    Attributes:
        key: Its key, ending in `/`; the same wherever a bucket is copied to.
        day: Its organization and date.
        pipeline_id: UUID of the pipeline.
        build_id: UUID of the build.
        build: The file of the build itself; None if there is none (yet).
        lists: Files of what hangs on the build, by table.
        jobs: Files of jobs.
        logs: Logs, by the UUID of the job.
    """

    key: str
    day: Day
    pipeline_id: str
    build_id: str
    build: Stored | None = None
    lists: dict[str, Stored] = field(default_factory=dict)
    jobs: list[Stored] = field(default_factory=list)
    logs: dict[str, Stored] = field(default_factory=dict)

    def take(self, stored: Stored) -> bool:
        """Take a file; False if nothing is known of such a one."""
        name = stored.key.removeprefix(self.key)
        if found := _JOB.fullmatch(name):
            self.jobs.append(stored)
        elif found := _LOG.fullmatch(name):
            self.logs[found[1]] = stored
        elif not (found := _FILE.fullmatch(name)):
            return False
        elif found[1] == "build":
            self.build = stored
        else:
            self.lists[LISTS[found[1]]] = stored
        return True

    @property
    def files(self) -> list[Stored]:
        """The JSON files."""
        return [*([self.build] if self.build else []), *self.lists.values(), *self.jobs]

    @property
    def objects(self) -> list[Stored]:
        """All files."""
        return [*self.files, *self.logs.values()]

    @property
    def size(self) -> int:
        """Bytes of the JSON files, as stored."""
        return sum(one.size for one in self.files)

    @property
    def pictured_at(self) -> datetime:
        """When the newest file of the build and its jobs was written."""
        built = [self.build] if self.build else []
        return max(one.modified for one in (*built, *self.jobs))

    def fingerprint(self) -> str:
        """Return what differs as soon as any file does."""
        known = sorted((one.key, one.size, one.mark) for one in self.objects)
        return hashlib.sha256(repr(known).encode()).hexdigest()


@dataclass(slots=True)
class Strays:
    """Files that have no place in the layout.

    Attributes:
        count: How many were seen.
        first: The first few keys.
    """

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        """Count a file, unless Buildkite put it there to try whether it may."""
        if key.rpartition("/")[2] == _TRIAL:
            return
        self.count += 1
        if len(self.first) < 3:
            self.first.append(key)


def days(store: Store, strays: Strays) -> list[Day]:
    """Return all dates of all organizations, oldest first."""
    found = []
    for organization in _partitions(store, ROOT, "org", strays):
        folder = f"{ROOT}org={organization}/"
        found += [
            Day(organization, date, f"{folder}date={date}/")
            for date in _partitions(store, folder, "date", strays)
        ]
    return sorted(found, key=lambda day: (day.date, day.organization_id))


def folders(day: Day, objects: Iterable[Stored], strays: Strays) -> Iterator[BuildFolder]:
    """Yield the build folders of a date, in the order in which they are listed.

    What is held at once is one folder.

    Args:
        day: The date.
        objects: All that lies in it.
        strays: Take what belongs to no build.
    """

    def folder_of(stored: Stored) -> tuple[str, str] | None:
        found = _BUILD.match(stored.key, len(day.folder))
        return (found[1], found[2]) if found else None

    for ids, files in groupby(objects, folder_of):
        if ids is None:
            for stored in files:
                strays.add(stored.key)
            continue
        pipeline_id, build_id = ids
        key = f"{day.folder}pipeline={pipeline_id}/build={build_id}/"
        folder = BuildFolder(key, day, pipeline_id, build_id)
        for stored in files:
            if not folder.take(stored):
                strays.add(stored.key)
        yield folder


def _partitions(store: Store, prefix: str, name: str, strays: Strays) -> list[str]:
    """Return the values of the folders `name=value` below a prefix."""
    level = store.level(prefix)
    for stored in level.objects:
        strays.add(stored.key)
    known = [one for one in level.folders if one.startswith(f"{name}=")]
    for other in sorted(set(level.folders) - set(known)):
        strays.add(f"{prefix}{other}/")
    return [one.removeprefix(f"{name}=") for one in known]
