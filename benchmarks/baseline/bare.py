"""A notebook that asks for nothing and draws one chart: what marimo and the browser take alone."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full")


@app.cell
def _():
    import json

    import marimo as mo

    class Chart:
        def _mime_(self):
            rows = [{"day": day, "share": day % 7 / 7} for day in range(56)]
            fields = {name: {"field": name, "type": "quantitative"} for name in ("day", "share")}
            spec = {
                "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
                "data": {"values": rows},
                "mark": "line",
                "encoding": {"x": fields["day"], "y": fields["share"]},
            }
            return "application/vnd.vegalite.v6+json", json.dumps(spec)

    mo.output.replace(Chart())


if __name__ == "__main__":
    app.run()
