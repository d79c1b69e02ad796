"""The tutorials: text with code cells, and notebooks made of it, run top to bottom.

    python docs/tools/notebooks.py              run all, write docs/tutorials/*.ipynb
    python docs/tools/notebooks.py --check      run all, write nothing
    python docs/tools/notebooks.py geometry     some of them

docs/tutorials/NAME.md is what is edited; NAME.ipynb, with what came out of its cells,
is what the site shows and Colab opens. A cell that raises ends it, with exit status 1.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.tools.links import without_front_matter  # noqa: E402

FOLDER = ROOT / "docs" / "tutorials"
CELL, END = "```{code-cell}", "```"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def names() -> list[str]:
    """The tutorials, in the order of their names."""
    return sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index")


def cells(name: str) -> list[tuple[str, str]]:
    """What a tutorial is made of: ("markdown" or "code", text)."""
    found: list[tuple[str, str]] = []
    kind, lines = "markdown", []

    def close(after: str) -> str:
        if text := "\n".join(lines).strip("\n"):
            found.append((kind, text))
        lines.clear()
        return after

    for line in without_front_matter((FOLDER / f"{name}.md").read_text()).splitlines():
        if kind == "markdown" and line.startswith(CELL):
            kind = close("code")
        elif kind == "code" and line == END:
            kind = close("markdown")
        else:
            lines.append(line)
    close("")
    return found


def notebook(name: str) -> Any:
    """A tutorial as a notebook that has not been run."""
    from nbformat import v4

    made = [
        (v4.new_code_cell if kind == "code" else v4.new_markdown_cell)(
            text, id=f"cell-{place}"
        )
        for place, (kind, text) in enumerate(cells(name))
    ]
    return v4.new_notebook(cells=made, metadata=METADATA)


def run(made: Any, timeout: int) -> Any:
    """The notebook with what comes out of its cells, each begun in an empty folder.

    Raises:
        CellExecutionError: a cell raises; the message is its traceback.
    """
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(made, timeout=timeout, resources=resources)
        return client.execute()


def tidied(made: Any) -> Any:
    """Without times, and without what is told on stderr."""
    for cell in made.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    made.metadata = METADATA
    return made


def main() -> int:
    """Run tutorials, and write them down."""
    import nbformat
    from nbclient.exceptions import CellExecutionError

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", help=f"of {', '.join(names())}; default: all"
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--timeout", type=int, default=3600, help="of a cell, seconds")
    chosen = parser.parse_args()
    for name in chosen.names or names():
        began = time.monotonic()
        try:
            made = run(notebook(name), chosen.timeout)
        except CellExecutionError as wrong:
            print(f"{name}: {wrong}", file=sys.stderr)
            return 1
        print(f"{name}: {time.monotonic() - began:.0f} s")
        if not chosen.check:
            nbformat.write(tidied(made), FOLDER / f"{name}.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main())
