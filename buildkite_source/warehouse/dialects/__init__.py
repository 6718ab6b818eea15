"""One definition of a question for all engines: what an engine lacks is written otherwise.

What sqlglot translates is left to it. Here is what it does not know or gets wrong, rewritten on its
tree before it writes the query. What is taken to hold of an engine, and the page that says so, is
in `constructs`.
"""

from .rewrites import meant, translated

__all__ = ["meant", "translated"]
