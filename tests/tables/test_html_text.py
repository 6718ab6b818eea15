"""Annotation bodies as plain text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_source.tables.html_text import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (None, None),
        ("", ""),
        ("<p>4 failures in <a href='#x'>Unit tests</a></p>", "4 failures in Unit tests"),
        ("<h3>Title</h3><ul><li>one</li><li>two</li></ul>", "Title\n\none\n\ntwo"),
        ("<table><tr><td>a</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table>", "a 1\n\nb 2"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("1 &lt; 2 &amp; 3", "1 < 2 & 3"),
        ("<script>alert(1)</script>safe<style>p{}</style>", "safe"),
        ("<p>unclosed <b>bold", "unclosed bold"),
        ("\x1b[31mred\x1b[0m &#27;[2J\x00\x07", "red [2J"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_what_the_html_says(html: str | None, text: str | None) -> None:
    assert plain_text(html) == text


@given(st.text() | st.text(alphabet="<>/&;#x0 scriptpbr\"'=\x1b[m"))
def test_any_text_becomes_harmless_text(html: str) -> None:
    text = plain_text(html)
    assert text is not None
    assert not any(ord(one) < 32 and one not in "\t\n" for one in text)
