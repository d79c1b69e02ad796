"""The index of equations points at what there is."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INDEX = (ROOT / "docs" / "equations.md").read_text()
FUNCTIONS = sorted(set(re.findall(r"`((?:\w+\.)+\w+)`", INDEX)))
FILES = sorted(set(re.findall(r"`([\w/]+\.py)`", INDEX)))


def test_index_names_functions_and_files():
    assert len(FUNCTIONS) >= 10
    assert FILES


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_the_index_can_be_imported(name):
    module, function = f"handjax.{name}".rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_index_exists(path):
    assert (ROOT / path).is_file()
