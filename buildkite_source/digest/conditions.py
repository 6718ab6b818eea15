"""Conditions on a digest, such as `main_red_hours > 4`: one name, one operator, one number."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(r"\s*([\w.]+)\s*(>=|<=|==|!=|>|<)\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*(%?)\s*")
_SHOWN = 5


class UnknownNameError(LookupError):
    """A digest has no number of this name; the text lists those that are near."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition.

    Attributes:
        text: As it was written.
        name: Of a number in the JSON of a digest: a figure, or a path with dots.
        compare: The operator.
        number: What is compared with; a percentage is divided by 100.
    """

    text: str
    name: str
    compare: Callable[[float, float], bool]
    number: float

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the condition that a text writes down.

        Raises:
            ValueError: It writes none; the text shows the form.
        """
        match = _FORM.fullmatch(text)
        if not match:
            raise ValueError(
                f"{text!r} is no condition: write NAME OPERATOR NUMBER, such as "
                f"'main_red_hours > 4' or 'success_rate < 90%'; operators: {' '.join(_OPERATORS)}"
            )
        name, sign, number, percent = match.groups()
        value = float(number) / 100 if percent else float(number)
        return cls(text.strip(), name, _OPERATORS[sign], value)

    def told(self, found: Mapping[str, Any]) -> "Told":
        """Return what becomes of it.

        Args:
            found: A digest, as its JSON has it.

        Raises:
            UnknownNameError: There is no number of that name.
        """
        value = _value(found, self.name)
        if value is None:
            return Told(None, f"The condition {self.text} cannot hold: {self.name} is null.")
        holds = self.compare(float(value), self.number)
        verb = "holds" if holds else "does not hold"
        return Told(holds, f"The condition {self.text} {verb}: it is {value:.6g}.")


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a condition.

    Attributes:
        holds: Whether it holds; None where its value is null, which is no number.
        sentence: Why.
    """

    holds: bool | None
    sentence: str


def _value(found: Mapping[str, Any], name: str) -> float | None:
    known = dict(_numbers(found))
    # The figures go by their own names.
    known |= found["figures"]
    if name in known:
        value: float | None = known[name]
        return value
    choice = [one for one in known if not one.startswith("figures.")]
    near = get_close_matches(name, choice, n=_SHOWN, cutoff=0.5) or sorted(found["figures"])
    raise UnknownNameError(f"The report has no number {name!r}. Near: {', '.join(near)}.")


def _numbers(value: Any, path: str = "") -> Iterator[tuple[str, float | None]]:
    """Yield every number below a value, and what is null, with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _numbers(inner, f"{path}.{place}")
    elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield path, value
