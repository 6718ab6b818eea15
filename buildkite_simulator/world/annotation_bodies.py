"""Annotation bodies such as test reporters, coverage tools and deploy scripts write."""

from html import escape
from random import Random

_SUITES = ("checkout", "cart", "login", "search", "payments", "profile", "shipping", "inventory")
_CASES = (
    "keeps the discount after a reload",
    "rejects an expired card",
    'escapes <script> & "quotes" in names',
    "sorts by price, then by name",
    "retries once when the gateway times out",
    "shows prices in ¥ and €",
)
_MODULES = ("api", "billing", "catalogue", "search", "ui/components", "ui/pages", "workers")


def failed_tests(rng: Random, job_id: str, label: str) -> str:
    """Return one job's section of a test summary."""
    names = [(rng.choice(_SUITES), rng.choice(_CASES)) for _ in range(rng.randint(1, 4))]
    cases = "\n".join(
        f"<details>\n<summary><code>{escape(suite)}: {escape(case)}</code></summary>\n"
        f'<pre class="term"><code>AssertionError: expected {rng.randint(1, 99)} to equal '
        f"{rng.randint(100, 199)}\n    at {suite}.test.ts:{rng.randint(10, 400)}</code></pre>\n"
        "</details>"
        for suite, case in names
    )
    plural = "" if len(names) == 1 else "s"
    return (
        f"<p><strong>{len(names)} failure{plural}</strong> in "
        f'<a href="#{job_id}">{escape(label)}</a></p>\n{cases}\n'
    )


def coverage(rng: Random) -> str:
    """Return a table of coverage by module."""
    rows = "\n".join(
        f"<tr><td><code>{module}</code></td><td>{rng.uniform(55, 100):.1f}%</td>"
        f"<td>{rng.uniform(-2, 2):+.1f}</td></tr>"
        for module in _MODULES
    )
    return (
        f"<h3>Coverage: {rng.uniform(70, 95):.1f}%</h3>\n<table>\n<thead>\n"
        "<tr><th>Module</th><th>Lines</th><th>Change</th></tr>\n</thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n</table>\n"
        '<p><a href="artifact://coverage/index.html">Whole report</a></p>\n'
    )


def lint(rng: Random) -> str:
    """Return a list of complaints of a linter."""
    complaints = "\n".join(
        f"<li><code>{rng.choice(_MODULES)}/index.ts:{rng.randint(1, 900)}</code> "
        f"{rng.choice(('no-unused-vars', 'prefer-const', 'eqeqeq', 'max-len'))}</li>"
        for _ in range(rng.randint(1, 9))
    )
    return f"<p>:warning: Lint found problems</p>\n<ul>\n{complaints}\n</ul>\n"


def deployed(commit: str, target: str) -> str:
    """Return a note on what went out."""
    return f"<p>:rocket: Deployed <code>{commit[:10]}</code> to {escape(target)}</p>\n"


def plan(rng: Random) -> str:
    """Return the summary of an infrastructure plan."""
    add, change, destroy = rng.randint(0, 9), rng.randint(0, 5), rng.randint(0, 3)
    return (
        f"<p><strong>Plan:</strong> {add} to add, {change} to change, {destroy} to destroy.</p>\n"
        '<pre><code class="language-diff">+ resource "aws_sqs_queue" "orders"\n'
        '- resource "aws_iam_role" "old"</code></pre>\n'
    )
