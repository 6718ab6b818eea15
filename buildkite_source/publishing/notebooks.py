"""A notebook → one HTML page of what it shows, which needs nothing but files beside it.

marimo's export (https://docs.marimo.io/guides/exporting/#export-to-html) draws with scripts that it
asks a public network for. The installed package brings the same scripts, so they are published
beside the pages, and each page forbids its browser to ask anybody else.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import marimo

# Where the scripts lie on the site: those of one version are never mixed with another's.
SCRIPTS = f"marimo-{marimo.__version__}"
_STATIC = Path(marimo.__file__).parent / "_static"
_ELSEWHERE = re.compile(r"""https://cdn\.jsdelivr\.net/npm/@marimo-team/frontend@[^/"']+/dist/""")
_LEAVES = re.compile(r"""\s(?:src|href)=["'](?:https?:)?//""")
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
_FIRST = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
# Browsers load no script modules from plain files.
_LAST = """
<a href="index.html" style="position:fixed;top:.6rem;left:1rem;z-index:50;font:14px system-ui"
>All pages</a>
<script>
if (location.protocol === "file:") {
  const says = document.createElement("p");
  says.style = "font:16px system-ui;margin:4rem auto;max-width:40rem";
  says.textContent = "A browser shows this page from a web server only. In the folder of this "
    + "page, run: python -m http.server 8000 --bind 127.0.0.1, and open http://127.0.0.1:8000";
  document.body.replaceChildren(says);
}
</script>
"""
_SECONDS = 900


class ExportError(Exception):
    """A notebook did not become a page; the text says why, in marimo's words."""


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook.

    Attributes:
        name: Of its file and its page, without the ending.
        title: Its name for people.
        question: What it asks.
        file: Where it lies.
    """

    name: str
    title: str
    question: str
    file: Path


def every_notebook(folder: Path) -> list[Notebook]:
    """Return the notebooks of a folder, by name."""
    return [_notebook(file) for file in sorted(folder.glob("*.py"))]


def page_of(notebook: Notebook, arguments: Sequence[str]) -> bytes:
    """Return the page of a notebook, which is run for it by marimo, in a process of its own.

    Args:
        notebook: The notebook.
        arguments: Say which data it shows.

    Raises:
        ExportError: A cell failed, or marimo did.
    """
    with TemporaryDirectory() as folder:
        made = Path(folder) / f"{notebook.name}.html"
        options = ("--no-include-code", "--no-sandbox", "--output", str(made))
        command = (sys.executable, "-m", "marimo", "export", "html", str(notebook.file), *options)
        try:
            done = subprocess.run(  # noqa: S603 - words of ours, and no shell
                [*command, "--", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ExportError(f"it took longer than {_SECONDS // 60} minutes") from None
        if done.returncode or not made.is_file():
            raise ExportError(_last_line(done.stderr.decode(errors="replace")))
        return _at_home(made.read_text(encoding="utf-8")).encode()


def scripts() -> Iterator[tuple[str, Path]]:
    """Yield the scripts that pages need, with their place on the site."""
    for file in sorted(_STATIC.rglob("*")):
        # The page that marimo serves, and notes for those who work on it, are none.
        if file.is_file() and file.suffix not in (".html", ".md"):
            yield f"{SCRIPTS}/{file.relative_to(_STATIC).as_posix()}", file


def _notebook(file: Path) -> Notebook:
    told = {"TITLE": file.stem, "QUESTION": ""}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            told |= {
                name.id: str(node.value.value)
                for name in node.targets
                if isinstance(name, ast.Name) and name.id in told
            }
    return Notebook(file.stem, told["TITLE"], told["QUESTION"], file)


def _at_home(page: str) -> str:
    """Return a page whose scripts lie beside it, and which may ask nobody else.

    Raises:
        ExportError: It would ask somebody else.
    """
    head, end, body = _ELSEWHERE.sub(f"./{SCRIPTS}/", page).partition("</head>")
    if not end or "<head>" not in head or _LEAVES.search(head):
        raise ExportError("this version of marimo makes pages of another form than is known")
    return (
        head.replace("<head>", f"<head>{_FIRST}", 1)
        + end
        + body.replace("</body>", f"{_LAST}</body>", 1)
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "marimo did not say why"
