"""`python -m benchmarks.logs`: job logs from bytes to Parquet, ours against two other ways."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median

from .log_lines import log_lines
from .measure import MEBIBYTE, ROOT
from .report import progress

# This process imports no data library: it shares the machine with what it measures.
_ABOUT = {
    "ours": "`buildkite_source.logs`",
    "python": "a loop over the lines with `re`",
    "duckdb": "`string_split`, `regexp_replace`, a window",
}
_FINGERPRINT = """
import duckdb, sys
columns = "line_number, logged_at, group_header, text, is_header, is_progress"
query = f"select count(*), bit_xor(hash({columns})) from read_parquet($file)"
print(duckdb.execute(query, {"file": sys.argv[1]}).fetchone())
"""
# Lines a second that the official Go library publishes for its Parquet export (Apple M3 Pro).
_TARGET = 1_100_000
_MEMORY_TARGET = 300


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the report."""
    options = _parser().parse_args(arguments)
    packages = ("pyarrow", "numpy", "duckdb")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(
        f"{os.cpu_count()} CPUs ({platform.machine()}, {platform.system()}), load before {load}; "
        f"Python {platform.python_version()}, {versions}\n"
    )
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        log = folder / "job.log"
        progress(f"writing {options.lines:,} lines")
        with log.open("wb") as file:
            file.writelines(log_lines(options.lines))
        print(_speed(log, options.lines, options.runs))
        if options.mebibytes:
            print(_memory(log, folder / "large.log", options.mebibytes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.logs", description=__doc__)
    parser.add_argument("--lines", type=int, default=400_000, help="lines of the log")
    parser.add_argument("--runs", type=int, default=5, help="rounds; medians are shown")
    parser.add_argument(
        "--mebibytes", type=int, default=1024, help="log whose memory is measured; 0 for none"
    )
    return parser


def _speed(log: Path, lines: int, runs: int) -> str:
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in _ABOUT}
    found = set()
    for number in range(1, runs + 1):
        for name in _ABOUT:
            target = log.with_name(f"{name}.parquet")
            sample = _run(name, log, target)
            samples[name].append(sample)
            found.add(_fingerprint(target))
            progress(f"round {number}: {name} {sample['wall']:.2f} s, CPU {sample['cpu']:.2f} s")
    if len(found) > 1:
        raise SystemExit(f"The contenders wrote different rows: {found}.")
    size = log.stat().st_size
    report = [
        f"{lines:,} lines, {size / MEBIBYTE:,.0f} MiB; medians of {runs} interleaved runs "
        "(best in brackets), lines per CPU second:",
        "",
        "| | CPU s | Wall s | Lines/s | MiB/s | Peak MiB | Parquet MiB | CPU x ours |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, about in _ABOUT.items():
        cpu = [sample["cpu"] for sample in samples[name]]
        ratios = [one / other["cpu"] for one, other in zip(cpu, samples["ours"], strict=True)]
        cells = (
            f"**{name}**: {about}",
            f"{median(cpu):.2f} ({min(cpu):.2f})",
            f"{median(sample['wall'] for sample in samples[name]):.2f}",
            f"{lines / median(cpu):,.0f} ({lines / min(cpu):,.0f})",
            f"{size / MEBIBYTE / median(cpu):,.0f}",
            f"{median(sample['peak'] for sample in samples[name]):,.0f}",
            f"{log.with_name(f'{name}.parquet').stat().st_size / MEBIBYTE:,.1f}",
            f"{median(ratios):.1f}",
        )
        report.append(f"| {' | '.join(cells)} |")
    rate = lines / median(sample["cpu"] for sample in samples["ours"])
    verdict = "met" if rate >= _TARGET else "**NOT met**"
    report += ["", f"- {verdict}: ours at least {_TARGET:,} lines/s per core: {rate:,.0f}"]
    return "\n".join(report)


def _memory(log: Path, large: Path, mebibytes: int) -> str:
    progress(f"writing {mebibytes:,} MiB")
    part = log.read_bytes()
    with large.open("wb") as file:
        while file.tell() + len(part) <= mebibytes * MEBIBYTE:
            file.write(part)
        file.write(part[: mebibytes * MEBIBYTE - file.tell()])
    sample = _run("ours", large, large.with_suffix(".parquet"))
    verdict = "met" if sample["peak"] < _MEMORY_TARGET else "**NOT met**"
    return (
        f"- {verdict}: a log of {mebibytes:,} MiB under {_MEMORY_TARGET} MiB of memory: "
        f"{sample['peak']:,.0f} MiB, {sample['cpu']:.1f} CPU s, {sample['wall']:.1f} s"
    )


def _run(name: str, log: Path, target: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.log_contenders", name, str(log), str(target)]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    sample: dict[str, float] = json.loads(ran.stdout)
    return sample


def _fingerprint(parquet: Path) -> bytes:
    command = [sys.executable, "-c", _FINGERPRINT, str(parquet)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


if __name__ == "__main__":
    main()
