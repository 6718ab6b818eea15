"""`python -m benchmarks`: load the same builds in several ways and print what each took."""

import argparse
from pathlib import Path

from .contenders import QUERIES
from .measure import Sample, measure, serving
from .report import Round, environment, markdown, progress

# dlt's defaults take minutes beyond this many builds.
SLOW_LIMIT = 2000
WARM_UP_BUILDS = 20
_USUAL = ["floor", "ours", "script", "dlt-defaults"]


def main(arguments: list[str] | None = None) -> None:
    """Measure all sizes and print the report."""
    options = _parser().parse_args(arguments)
    lines = [environment(), ""]
    progress(lines[0])
    with serving(WARM_UP_BUILDS, options.jobs) as api:
        # Writes byte code and fills the system's file cache.
        for contender in options.contenders:
            progress(f"warm-up: {contender}")
            measure(contender, api)
    rounds = [_measured(builds, options) for builds in options.builds]
    report = "\n".join(lines) + "\n" + markdown(rounds, options.runs)
    print(report)
    if options.output:
        options.output.write_text(report + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--builds", type=int, nargs="+", default=[2000, 8000], help="sizes")
    parser.add_argument("--jobs", type=int, default=10, help="jobs a build")
    parser.add_argument("--runs", type=int, default=3, help="rounds; medians are shown")
    parser.add_argument(
        "--contenders", nargs="+", choices=list(QUERIES), default=_USUAL, metavar="NAME"
    )
    parser.add_argument(
        "--slow", action="store_true", help=f"run dlt-defaults beyond {SLOW_LIMIT:,} builds too"
    )
    parser.add_argument("--output", type=Path, help="also write the report to this file")
    return parser


def _measured(builds: int, options: argparse.Namespace) -> Round:
    contenders = [
        name
        for name in options.contenders
        if name != "dlt-defaults" or builds <= SLOW_LIMIT or options.slow
    ]
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    progress(f"rendering {builds:,} builds")
    with serving(builds, options.jobs) as api:
        for number in range(1, options.runs + 1):
            for name in contenders:
                sample = measure(name, api)
                _check(name, sample, builds, options.jobs)
                samples[name].append(sample)
                progress(
                    f"{builds:,} builds, round {number}: {name} {sample.wall:.1f} s wall, "
                    f"{sample.cpu:.1f} s CPU, {sample.peak:,.0f} MiB"
                )
        size = api.size
    _check_equal(samples)
    return Round(builds, options.jobs, size, samples)


def _check(name: str, sample: Sample, builds: int, jobs: int) -> None:
    expected = (builds, builds * jobs)
    for (rows, distinct, _), wanted in zip(sample.rows, expected, strict=True):
        if rows != wanted or distinct != wanted:
            raise SystemExit(f"{name} left {rows} rows, {distinct} distinct, not {wanted}.")


def _check_equal(samples: dict[str, list[Sample]]) -> None:
    contents = {sample.rows for runs in samples.values() for sample in runs}
    if len(contents) > 1:
        raise SystemExit(f"The contenders loaded different rows: {contents}.")


if __name__ == "__main__":
    main()
