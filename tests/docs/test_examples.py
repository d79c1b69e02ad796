"""Examples of the pages do what the pages say."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_renderers_example_prints_what_its_page_says():
    page = (ROOT / "docs" / "render.md").read_text()
    pattern = r"<!-- example -->\n```python\n(.*?)```\n\nprints `(.*?)\.\.\.`"
    code, said = re.search(pattern, page, re.DOTALL).groups()
    assert len(list(filter(None, code.splitlines()))) <= 15
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(said)
