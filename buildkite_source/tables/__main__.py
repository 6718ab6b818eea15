"""Prints `docs/tables.md`: `python -m buildkite_source.tables > docs/tables.md`."""

import sys

from . import EVERY_TABLE, markdown

sys.stdout.write(markdown(EVERY_TABLE))
