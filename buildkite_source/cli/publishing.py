"""`publish`: a static site of what is loaded, in a folder or bucket."""

from argparse import Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from buildkite_source.buckets import Store, open_store
from buildkite_source.digest import Span, collect
from buildkite_source.printable import one_line
from buildkite_source.publishing import Notebook, every_notebook
from buildkite_source.publishing import publish as make_site
from buildkite_source.settings import SECTIONS, SettingError
from buildkite_source.warehouse.reader import Dataset

from .console import Voice
from .digests import open_warehouse, span_of
from .notebooks import notebooks_folder

# Where credentials of a bucket are looked for first.
PUBLISHING = (*SECTIONS, "publishing")


def publish(chosen: Namespace, voice: Voice) -> int:
    """Make the site, tell what became of it, and return the exit code.

    Raises:
        BuildkiteError: Nothing is loaded, or the place cannot be written.
    """
    notebooks = _chosen(chosen.notebook)
    span: Span = span_of(chosen)
    store = _store(chosen.place)
    target = Dataset(chosen.pipeline_name, chosen.destination, chosen.dataset)
    digest = collect(open_warehouse(target), span, top=chosen.top)
    data = ("--pipeline", target.pipeline, "--destination", target.destination)

    def tell(text: str) -> None:
        if not chosen.quiet:
            voice.say(one_line(text))

    site, failed = make_site(
        store,
        digest,
        notebooks,
        (*data, "--dataset", target.name),
        chosen.zone,
        datetime.now(UTC),
        tell,
    )
    tell(
        f"Published to {store.name}: {len(notebooks) + 2:,} pages; {site.written:,} files written, "
        f"{site.unchanged:,} unchanged, {site.removed:,} removed."
    )
    if failed:
        voice.say(f"Could not be made, and say so: {', '.join(failed)}.")
    return 1 if failed else 0


def _store(place: str) -> Store:
    if "://" not in place:
        try:
            Path(place).expanduser().mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(f"{place} cannot be made: {error.strerror}.") from None
    return open_store(place, PUBLISHING)


def _chosen(names: Sequence[str]) -> list[Notebook]:
    folder = notebooks_folder()
    if not folder:
        raise SettingError("This installation has no notebooks: install the package anew.")
    known = {notebook.name: notebook for notebook in every_notebook(folder)}
    for name in names:
        if name not in known:
            raise SettingError(f"There is no notebook {name!r}. There are: {', '.join(known)}.")
    return [notebook for name, notebook in known.items() if not names or name in names]
