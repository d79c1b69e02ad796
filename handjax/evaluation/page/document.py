"""A page's contents as one HTML file that asks no network for anything.

Names come from files and may hold anything. They reach the page as JSON, in which
nothing can end the element around it, and its script sets them as text. Should that
fail, the page's policy lets no script run but the one written here, known by its hash.
"""

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from handjax import files
from handjax.evaluation.page.contents import Page, check
from handjax.evaluation.page.pack import contents, poses

ASSETS = Path(__file__).parent.parent / "assets"
SCRIPTS = ("data", "parts", "chart", "curves", "tables", "frames", "skeleton", "main")

LIMIT = 5_500_000
"""Bytes that a page may have; the joints of its frames get what the rest leaves."""

POLICY = (
    "default-src 'none'; img-src data:; style-src '{style}'; script-src '{script}'; "
    "base-uri 'none'; form-action 'none'"
)


def write_page(folder: Path, page: Page) -> Path:
    """Write report.html; returns its path.

    Raises:
        ValueError: parts of the page that don't belong together.
    """
    check(page)
    found = contents(page)
    bare = len(document(page.title, found))
    found["poses"] = poses(page, room=max(LIMIT - bare, 0))
    text = document(page.title, found)
    # A name may hold half of a character, as a file system can give it.
    content = text.encode("utf-8", errors="xmlcharrefreplace")
    return files.write(folder / "report.html", content)


def document(title: str, found: Mapping[str, Any]) -> str:
    """The file's text, for what `contents` found."""
    style = _asset("report.css")
    script = "\n".join(_asset(f"report.{name}.js") for name in SCRIPTS)
    return Template(_asset("report.html")).substitute(
        policy=POLICY.format(style=_hash(style), script=_hash(script)),
        title=html.escape(title),
        style=style,
        script=script,
        data=embed(found),
    )


def embed(value: Any) -> str:
    """JSON that may stand within a script element: it has no <, > or &."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
