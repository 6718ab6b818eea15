"""YAML as files of a package have it."""

from collections.abc import Mapping
from typing import Any

import yaml


def as_yaml(value: Mapping[str, Any]) -> str:
    """Return a value as YAML, its keys in their order."""
    text: str = yaml.safe_dump(value, sort_keys=False, width=100, allow_unicode=True)
    return text
