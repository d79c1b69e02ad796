"""Check every link within the project, without a network.

    python docs/tools/links.py                            the pages as they are
    python docs/tools/links.py --site docs/_build/html    the built site

A link to a file wants the file, one to a heading the heading. Addresses elsewhere are
left alone. Exits with 1 if anything points at what is not there.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]


class Page(NamedTuple):
    """What a page points at, and what it can be pointed at by."""

    links: list[str]
    anchors: set[str]


def pages() -> list[Path]:
    """The project's pages: at its root and in docs/, notebooks too."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found += (ROOT / "docs").rglob("*.ipynb")
    return sorted(p for p in found if "_build" not in p.parts)


def read(path: Path) -> Page:
    """A page of Markdown, or the Markdown of a notebook."""
    text = path.read_text()
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        told = [c["source"] for c in cells if c["cell_type"] == "markdown"]
        text = "\n\n".join("".join(source) for source in told)
    tokens = MarkdownIt("commonmark").enable("table").parse(without_front_matter(text))
    return Page(list(_targets(tokens)), set(_slugs(tokens)))


def without_front_matter(text: str) -> str:
    """A page without the lines between dashes at its beginning."""
    return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)


def _targets(tokens: list[Token]) -> Iterator[str]:
    """Where links lead and pictures lie; pages that a toctree names."""
    for token in tokens:
        for inner in token.children or ():
            if inner.type == "link_open":
                yield str(inner.attrs["href"])
            elif inner.type == "image":
                yield str(inner.attrs["src"])


def _slugs(tokens: list[Token]) -> Iterator[str]:
    """Anchors of the headings, as GitHub and MyST make them."""
    seen: dict[str, int] = {}
    for head, text in pairwise(tokens):
        if head.type == "heading_open":
            kept = re.sub(r"[^\w\- ]", "", _plain(text).lower()).replace(" ", "-")
            again = seen.get(kept, 0)
            seen[kept] = again + 1
            yield f"{kept}-{again}" if again else kept


def _plain(token: Token) -> str:
    """What is read of a heading."""
    return "".join(inner.content for inner in token.children or ())


class Site(HTMLParser):
    """The links and anchors of an HTML page."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag points at and is called."""
        found = dict(attrs)
        self.anchors |= {found[k] or "" for k in ("id", "name") if k in found}
        name = {"a": "href", "link": "href", "img": "src", "script": "src"}.get(tag, "")
        if found.get(name):
            self.links.append(found[name] or "")


def broken(files: dict[Path, Page], root: Path) -> list[str]:
    """Links that lead nowhere, a line each."""
    wrong = []
    for path, page in files.items():
        for link in page.links:
            if fault := _fault(link, path, files):
                wrong.append(f"{path.relative_to(root)}: {link}: {fault}")
    return wrong


def _fault(link: str, path: Path, files: dict[Path, Page]) -> str:
    """Why a link leads nowhere; empty if it leads somewhere or elsewhere."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.exists():
        return "no such file"
    anchors = files[target].anchors if target in files else set()
    if parts.fragment and target in files and unquote(parts.fragment) not in anchors:
        return "no such heading"
    return ""


def site(folder: Path) -> dict[Path, Page]:
    """All pages of a built site."""
    found = {}
    for path in sorted(folder.resolve().rglob("*.html")):
        page = Site(path.read_text())
        found[path] = Page(page.links, page.anchors)
    return found


def main() -> int:
    """Check, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, help="the folder of a built site")
    built = parser.parse_args().site
    files = site(built) if built else {path: read(path) for path in pages()}
    wrong = broken(files, built.resolve() if built else ROOT)
    links = sum(len(page.links) for page in files.values())
    print(*wrong, f"{links} links of {len(files)} pages, {len(wrong)} broken", sep="\n")
    return 1 if wrong or not files else 0


if __name__ == "__main__":
    sys.exit(main())
