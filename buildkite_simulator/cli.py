"""The command `buildkite-simulator`."""

import argparse
import re
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from buildkite_simulator.api.limits import RateLimits
from buildkite_simulator.clock import RealClock
from buildkite_simulator.server import Simulator
from buildkite_simulator.world.config import WorldConfig

_EXAMPLES = """\
examples:
  buildkite-simulator --demo
      serve a company with months of builds on a free port
  buildkite-simulator --port 8080 --seed 7 --days 30
      serve 30 days on port 8080; the same seed makes the same world
  buildkite-simulator --demo --speed 60 --rate-limit 50/200
      let a minute pass every second, with Buildkite's own rate limits
  buildkite-simulator --days 90 --exports bucket --retention 30
      forget builds of more than 30 days, and leave their exports in a folder
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a simulated Buildkite until interrupted."""
    options = _parser().parse_args(argv)
    if options.demo:
        config = WorldConfig.demo(options.seed, options.days or 110)
    else:
        config = WorldConfig(seed=options.seed, days=options.days or 14)
    try:
        simulator = Simulator(
            config,
            clock=RealClock(speed=options.speed),
            rate_limit=options.rate_limit,
            token=options.token,
            port=options.port,
            graphql_port=options.graphql_port,
        )
    except OSError as error:
        ports = " or ".join(str(each) for each in (options.port, options.graphql_port) if each)
        sys.stderr.write(f"cannot serve on port {ports}: {error.strerror}\n")
        return 1
    exported = _exported(simulator, options.exports, options.retention) if options.exports else 0
    webhooks = (
        simulator.send_webhooks(options.webhook_url, options.webhook_token, options.webhook_mode)
        if options.webhook_url
        else None
    )
    with simulator, suppress(KeyboardInterrupt):
        if webhooks:
            webhooks.start()
        sys.stdout.write(_welcome(simulator))
        if options.exports:
            sys.stdout.write(f"Exports of {exported} forgotten builds are in {options.exports}\n")
        sys.stdout.flush()
        threading.Event().wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="buildkite-simulator",
        description="Serve Buildkite's REST and GraphQL APIs over a made-up CI world that moves.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="port (default: a free one)")
    parser.add_argument(
        "--graphql-port", type=int, default=0, help="port of GraphQL (default: a free one)"
    )
    parser.add_argument("--seed", type=int, default=1, help="decides the world (default: 1)")
    parser.add_argument("--days", type=_positive, help="days of history (default: 14; demo: 110)")
    parser.add_argument("--token", help="the access token to accept (default: a made-up one)")
    parser.add_argument(
        "--rate-limit",
        type=_rate_limit,
        metavar="USER/ORGANIZATION",
        default=None,
        help="requests a minute, such as 50/200 (default: no limit)",
    )
    parser.add_argument(
        "--speed", type=_positive, default=1.0, help="how fast its time passes (default: 1)"
    )
    parser.add_argument("--webhook-url", help="where to send webhooks to as the world moves")
    parser.add_argument(
        "--webhook-token", default="simulated", help="their token (default: simulated)"
    )
    parser.add_argument(
        "--webhook-mode",
        choices=("signature", "token"),
        default="signature",
        help="how they prove it (default: signature)",
    )
    parser.add_argument(
        "--exports",
        type=Path,
        metavar="FOLDER",
        help="leave exports of builds past retention there, as in a bucket",
    )
    parser.add_argument(
        "--retention",
        type=_positive,
        default=30.0,
        metavar="DAYS",
        help="how long builds are kept, with --exports (default: 30)",
    )
    parser.add_argument("--demo", action="store_true", help="a company with months of builds")
    return parser


def _exported(simulator: Simulator, folder: Path, days: float) -> int:
    before = simulator.world.now - timedelta(days=days)
    return len(simulator.world.export(folder, before)["builds"])


def _welcome(simulator: Simulator) -> str:
    organization = simulator.world.organizations[0].slug
    builds = len(simulator.world.builds())
    url = f"{simulator.base_url}/organizations/{organization}/builds?per_page=1"
    return f"""\
Buildkite simulator: {builds} builds, newest just now
  {simulator.base_url}
  {simulator.graphql_url} (GraphQL)

  curl -H 'Authorization: Bearer {simulator.token}' '{url}'

  export SOURCES__BUILDKITE_SOURCE__BASE_URL={simulator.base_url}
  export SOURCES__BUILDKITE_SOURCE__ACCESS_TOKEN={simulator.token}

Ctrl-C stops it.
"""


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
    return value


def _rate_limit(text: str) -> RateLimits:
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"must look like 50/200, not {text}")
    return RateLimits(user=int(match[1]), organization=int(match[2]))


if __name__ == "__main__":
    raise SystemExit(main())
