"""What people rely on stays: what 0.2 offered is there, with its default."""

from pathlib import Path

from .surface import surface

_OFFERED = (Path(__file__).parent / "surface_0_2.txt").read_text().splitlines()


def test_names_settings_arguments_tables_and_views_stay() -> None:
    known = dict(map(_named, surface()))
    for line in _OFFERED:
        name, offered = _named(line)
        assert name in known, f"{name} is gone"
        if line.startswith(("table ", "view ")):
            assert set(offered.split()) <= set(known[name].split()), name
        else:
            assert known[name] == offered, name


def _named(line: str) -> tuple[str, str]:
    """Return what a line is of, and what it says of it."""
    kind, name, *told = line.split(" ", 2)
    return f"{kind} {name}", "".join(told)
