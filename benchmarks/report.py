"""Samples as a Markdown table, and the targets held against them."""

import math
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from statistics import median

from .measure import MEBIBYTE, Sample

LISTS = 2  # Requests beside the build pages: one page of organizations, one of pipelines.
_ABOUT = {
    "floor": "raw pages to files, DuckDB `read_json` and `unnest`",
    "ours": "`buildkite_source` through dlt",
    "backfill": "the command `backfill`, 25 pages a load",
    "script": "`requests` and `pandas`",
    "dlt-defaults": "dlt's `rest_api`, nested, merge, all defaults",
}


@dataclass(frozen=True, slots=True)
class Round:
    """All samples at one size; the lists of the contenders run in parallel."""

    builds: int
    jobs: int
    size: int
    samples: dict[str, list[Sample]]

    def wall(self, contender: str) -> float:
        """Return the median wall time."""
        return median(sample.wall for sample in self.samples[contender])

    def ratio(self, contender: str, base: str) -> float:
        """Return the median over the rounds of wall time against `base` in the same round."""
        pairs = zip(self.samples[contender], self.samples[base], strict=True)
        return median(one.wall / other.wall for one, other in pairs)


def environment() -> str:
    """Return one line on the machine and the versions."""
    packages = ("dlt", "duckdb", "pyarrow", "pandas", "requests")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} CPUs ({platform.machine()}, {platform.system()}), load before {load}; "
        f"Python {platform.python_version()}, {versions}"
    )


def markdown(rounds: Iterable[Round], runs: int) -> str:
    """Return all tables."""
    return "\n".join(line for each in rounds for line in _section(each, runs))


def _section(each: Round, runs: int) -> list[str]:
    every = [sample for samples in each.samples.values() for sample in samples]
    served = median(sample.server_cpu for sample in every)
    others = median(sample.other_cpu / sample.wall for sample in every)
    lines = [
        f"### {each.builds:,} builds x {each.jobs} jobs ({each.size / MEBIBYTE:,.0f} MiB of JSON)",
        "",
        f"Medians of {runs} interleaved runs (least to most); ratios are medians of the ratios "
        f"of each round. Meanwhile the server took {served:.1f} CPU seconds a run, and everything "
        f"else on the machine {others:.0%} of one CPU.",
        "",
        "| | Wall s | CPU s | Peak MiB | Requests | Rows (builds + jobs) | x floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [_row(each, contender) for contender in each.samples]
    lines += ["", *_targets(each), ""]
    return lines


def _row(each: Round, contender: str) -> str:
    samples = each.samples[contender]
    walls = [sample.wall for sample in samples]
    builds, jobs = samples[0].rows
    cells = [
        f"**{contender}**: {_ABOUT[contender]}",
        f"{median(walls):.1f} ({min(walls):.1f}-{max(walls):.1f})",
        f"{median(sample.cpu for sample in samples):.1f}",
        f"{median(sample.peak for sample in samples):,.0f}",
        f"{median(sample.requests for sample in samples):,.0f}",
        f"{builds[0]:,} + {jobs[0]:,}",
        f"{each.ratio(contender, 'floor'):.2f}" if "floor" in each.samples else "",
    ]
    return "| " + " | ".join(cells) + " |"


def _targets(each: Round) -> list[str]:
    """Return the targets that can be judged at this size, met or not."""
    if "ours" not in each.samples:
        return []
    ours = each.samples["ours"]
    # A page begins with the builds of the second that the page before ended in.
    expected = 1 + math.ceil(max(each.builds - 100, 0) / 99) + LISTS
    asked = max(sample.requests for sample in ours)
    judged = [(f"at most {expected:,} requests", f"{asked:,}", asked <= expected)]
    if each.builds >= 8000:
        peak = max(sample.peak for sample in ours)
        judged.append(("at most 600 MiB", f"{peak:,.0f} MiB", peak <= 600))
        if "floor" in each.samples:
            ratio = each.ratio("ours", "floor")
            judged.append(("at most 3.5 x the floor", f"{ratio:.2f} x", ratio <= 3.5))
    if "script" in each.samples and each.builds >= 8000:
        ratio = each.ratio("script", "ours")
        judged.append(("faster than the script", f"{ratio:.2f} x as fast", ratio > 1))
    if "dlt-defaults" in each.samples and each.builds >= 2000:
        ratio = each.ratio("dlt-defaults", "ours")
        judged.append(("10 x as fast as dlt's defaults", f"{ratio:.1f} x", ratio >= 10))
    return [
        f"- {'met' if met else '**NOT met**'}: ours {target}: {value}"
        for target, value, met in judged
    ]


def progress(text: str) -> None:
    """Tell on standard error what is going on; standard output is the report."""
    print(text, file=sys.stderr, flush=True)
