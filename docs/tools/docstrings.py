"""The house's docstrings as reStructuredText, for Sphinx's autodoc and napoleon.

Docstrings are written to be read in the code: `names` between single quotes, formulas
and commands indented, letters declared as "x: meaning" under a line that ends with a
colon. Sections (Args, Raises, Attributes) are left to napoleon, but for Returns, whose
text it would take for a type where there is a colon in it.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:")
COLUMNS = re.compile(r"\S {2,}\S")
"""In lines that are set like a table."""
NAMED = re.compile(r"[a-z_]+: ")
LETTER = re.compile(r"(\S.*?): (.*)")


def as_rst(lines: Sequence[str]) -> list[str]:
    """A docstring, line by line."""
    found: list[str] = []
    blocks = list(_blocks(lines))
    for place, block in enumerate(blocks):
        before = blocks[place - 1][-1] if place else ""
        if block[0].startswith(" "):
            found += _indented(block, before)
        elif all(map(COLUMNS.search, block)):
            found += ["::", "", *(f"    {line}" for line in block), ""]
        else:
            found += _prose(block, blocks[place + 1 : place + 2])
    return found


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """Runs of lines that are indented, and of lines that are not; of paragraphs."""
    paragraphs = [list(run) for filled, run in groupby(lines, bool) if filled]
    for paragraph in paragraphs:
        for _, run in groupby(paragraph, lambda line: line.startswith(" ")):
            yield list(run)


def _prose(block: list[str], after: list[list[str]]) -> list[str]:
    """Lines at the margin; the heads of sections stand as they are."""
    indented = bool(after) and after[0][0].startswith(" ")
    if block[-1] in SECTIONS and indented:
        *text, head = block
        said = [inline(line) for line in text]
        return [*said, *[""] * bool(said), *([head] if head != "Returns:" else [])]
    return [*map(inline, block), ""]


def _indented(block: list[str], before: str) -> list[str]:
    """What a section holds, letters and their meaning, or a formula."""
    if before == "Returns:":
        if NAMED.match(block[0].strip()) and (letters := _letters(block)):
            return [":returns:", *(f"    {line}".rstrip() for line in letters)]
        first, *rest = (inline(line) for line in block)
        return [f":returns: {first.strip()}", *rest, ""]
    if before in SECTIONS:
        return [*map(inline, block), ""]
    if before == "Equations:":
        own = (re.sub(" {2,}", "  ", line.strip()) for line in block)
        return [*(f"| {inline(line)}" for line in own), ""]
    if before.endswith(":") and (letters := _letters(block)):
        return letters
    return ["::", "", *block, ""]


def _letters(block: list[str]) -> list[str]:
    """A list of definitions; empty if the lines are none."""
    margin = min(len(line) - len(line.lstrip()) for line in block)
    found = []
    for line in block:
        own = line[margin:]
        if own.startswith(" "):
            found.append(f"    {inline(own.strip())}")
        elif (entry := LETTER.fullmatch(own)) and not COLUMNS.search(own):
            found += [f"``{entry[1].replace('`', '')}``", f"    {inline(entry[2])}"]
        else:
            return []
    return [*found, ""]


def inline(line: str) -> str:
    """Quoted names as literals, and nothing else as markup."""
    indent = line[: len(line) - len(line.lstrip())]
    parts = re.split(r"(`+[^`]+`+)", line.strip())
    made = (f"``{p.strip('`')}``" if p.startswith("`") else _plain(p) for p in parts)
    # A literal ends before a space or a stop: of `UNIT`s the s wants to be told apart.
    return indent + re.sub(r"(``[^`]+``)(?=\w)", r"\1\\ ", "".join(made))


def _plain(text: str) -> str:
    text = re.sub(r"([\\*|])", r"\\\1", text)
    return re.sub(r"_(?!\w)", r"\\_", text)
