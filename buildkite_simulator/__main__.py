"""`python -m buildkite_simulator`."""

from buildkite_simulator.cli import main

raise SystemExit(main())
