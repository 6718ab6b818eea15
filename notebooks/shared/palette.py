"""Colours that stay apart for colour-blind people, on light and on dark ground.

After Okabe and Ito (https://jfly.uni-koeln.de/color/). A state has the same colour everywhere.
"""

GREEN, RED, ORANGE, BLUE, PURPLE, GREY = (
    "#009e73",
    "#d55e00",
    "#e69f00",
    "#3a8fc7",
    "#c678a5",
    "#8c8c8c",
)

STATES = {
    "passed": GREEN,
    "failed": RED,
    "soft failed": ORANGE,
    "blocked": PURPLE,
    "running": BLUE,
    "canceled": GREY,
    "skipped": "#b9b9b9",
    "not run": "#5f6a72",
    "on green": GREEN,
    "on red": RED,
}
MEASURES = [BLUE, ORANGE, PURPLE, GREEN, RED, GREY]
