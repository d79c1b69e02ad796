"""What bytes say as text, whoever wrote them."""

import codecs

from handjax.evaluation.predictions.text import FileError

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    # Those of 32 bits begin like those of 16.
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""What a file begins with, and how it is then to be read."""
LOOKED_AT = 400
"""Bytes that tell whether every other one is 0."""


def as_utf8(content: bytes) -> bytes:
    """Text of any encoding as UTF-8 without a mark; what is no text as it is.

    Raises:
        FileError: a mark of UTF-16 or UTF-32 before something else.
    """
    for mark, name in MARKS.items():
        if content.startswith(mark):
            return _decoded(content, name)
    head = content[:LOOKED_AT]
    # Windows writes UTF-16 without a mark too; digits then are one byte and a 0.
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        letters, zeros = head[1 - first :: 2], head[first::2]
        if len(head) > 2 and not any(zeros) and 0 not in letters:
            return _decoded(content, name)
    return content


def _decoded(content: bytes, name: str) -> bytes:
    try:
        return content.decode(name).encode("utf-8", errors="replace")
    except UnicodeDecodeError as wrong:
        raise FileError(
            f"begins as {name.removesuffix('-sig').upper()} text does and is none "
            f"({wrong.reason}); save it as UTF-8"
        ) from wrong
