"""Prints `docs/tables.md`: `python -m buildkite_source.tables > docs/tables.md`."""

import sys

from . import TABLES, markdown

sys.stdout.write(markdown(TABLES))
