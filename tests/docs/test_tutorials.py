"""Tutorials: a notebook is what its text says, was run, and begins with the install."""

import json
import re

import pytest

from docs.tools import notebooks

pytestmark = pytest.mark.parametrize("name", notebooks.names())


def stored(name):
    """The cells of the notebook."""
    return json.loads((notebooks.FOLDER / f"{name}.ipynb").read_text())["cells"]


def test_the_notebook_is_made_of_the_text(name):
    found = [(cell["cell_type"], "".join(cell["source"])) for cell in stored(name)]
    again = f"run `python docs/tools/notebooks.py {name}`"
    assert found == notebooks.cells(name), again


def test_it_was_run_from_top_to_bottom_and_nothing_was_raised(name):
    code = [cell for cell in stored(name) if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [one for one in outputs if one["output_type"] == "error"]
    shown = [one for one in outputs if "image/png" in one.get("data", {})]
    assert shown, "a tutorial has pictures"


def test_it_begins_with_what_installs_handjax(name):
    kind, first = next(cell for cell in notebooks.cells(name) if cell[0] == "code")
    assert kind == "code"
    assert re.search(r'%pip install -q "handjax(\[\w+\])? @ git\+https://', first)
    assert "find_spec" in first, "where handjax is there, nothing is to be installed"


def test_nothing_in_it_names_this_machine(name):
    text = (notebooks.FOLDER / f"{name}.ipynb").read_text()
    assert str(notebooks.ROOT) not in text
    assert "/tmp/" not in text
