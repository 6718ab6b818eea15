"""Prints `docs/metrics.md`: `python -m buildkite_source.metrics > docs/metrics.md`."""

import sys

from . import every_view, markdown

sys.stdout.write(markdown(every_view()))
