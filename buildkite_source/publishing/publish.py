"""Makes the site: notebooks, digest and first page, each told as it is done."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from buildkite_source.buckets import Store
from buildkite_source.digest import Digest, as_html

from .notebooks import ExportError, Notebook, page_of, scripts
from .pages import failed_page, index
from .site import Site

# Each is a process that takes a processor and some hundred megabytes.
_AT_ONCE = 2
Tell = Callable[[str], None]


def publish(
    store: Store,
    digest: Digest,
    notebooks: Sequence[Notebook],
    arguments: Sequence[str],
    zone: ZoneInfo,
    now: datetime,
    tell: Tell,
) -> tuple[Site, list[str]]:
    """Make the site of a digest and of notebooks, or make it anew.

    Pages that are linked to come before the page that links to them.

    Args:
        store: Where to.
        digest: What the report and the first page tell.
        notebooks: The notebooks to publish.
        arguments: Say which data they show.
        zone: Time zone of the times shown.
        now: The time.
        tell: Hears of each page that is there, and of each that failed.

    Returns:
        The site, and the names of notebooks that failed.

    Raises:
        BucketError: The store cannot be read or written.
    """
    beside = dict(scripts()) if notebooks else {}
    pages = [f"{notebook.name}.html" for notebook in notebooks]
    site = Site(store, [*beside, *pages, "report.html", "index.html"])
    for name, file in beside.items():
        site.put(name, file.read_bytes())
    failed = []
    with closing(_made(notebooks, arguments)) as every:
        for place, (notebook, made) in enumerate(every, 1):
            if isinstance(made, bytes):
                page, told = made, "made"
            else:
                page, told = failed_page(notebook, zone, now), f"failed: {made}"
                failed.append(notebook.name)
            site.put(f"{notebook.name}.html", page)
            tell(f"{place:,} of {len(notebooks):,}: {notebook.name} {told}")
    site.put("report.html", as_html(digest, zone).encode())
    site.put("index.html", index(digest, notebooks, failed, zone, now))
    site.finish()
    return site, failed


def _made(
    notebooks: Sequence[Notebook], arguments: Sequence[str]
) -> Generator[tuple[Notebook, bytes | ExportError], None, None]:
    """Yield each notebook with its page, or with why there is none."""

    def make(notebook: Notebook) -> bytes | ExportError:
        try:
            return page_of(notebook, arguments)
        except ExportError as error:
            return error

    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield from zip(notebooks, pool.map(make, notebooks), strict=True)
    finally:
        # Whoever listens may have stopped: no more are begun.
        pool.shutdown(cancel_futures=True)
