"""Messages that the pages quote are what the commands say."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()


def quoted():
    """What stands between quotes in the first column of tables of messages."""
    for table in re.findall(r"^\| message \|.*\n(?:\|.*\n)+", PAGE, re.MULTILINE):
        for line in table.splitlines()[2:]:
            yield from re.findall(r"`([^`]+)`", line.split(" | ")[0])


@cache
def texts():
    """Every text in the house, `...` where something is filled in."""
    found = set()
    for file in (ROOT / "handjax").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = [getattr(part, "value", "...") for part in node.values]
                found.add("".join(p if isinstance(p, str) else "..." for p in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


@pytest.mark.parametrize("message", sorted(set(quoted())))
def test_a_quoted_message_is_in_the_code(message):
    words = message.strip(". ")
    assert any(words in text for text in texts()), f"nothing says {words!r}"


def test_there_are_messages_of_every_kind():
    assert len(set(quoted())) >= 12


def test_options_that_the_page_names_exist():
    known = " ".join(texts())
    options = set(re.findall(r"--[a-z][a-z-]+", PAGE))
    assert options
    assert not {option for option in options if option not in known}
