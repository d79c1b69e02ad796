"""The tables of docs/licences.md, from what packages and readers say of themselves.

    python docs/tools/licences.py            write them
    python docs/tools/licences.py --check    exit with 1 if they are not up to date

A package's licence is read from its metadata where it is installed; where it is not,
the line of the page stays as it is.
"""

import argparse
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

PAGE = ROOT / "docs" / "licences.md"
BEGIN, END = "<!-- {} -->", "<!-- end -->"
ABSENT = "not installed where this page was made"
TROVE = "License :: OSI Approved :: "


def requirements() -> dict[str, list[str]]:
    """Packages that pyproject.toml names -> what they are for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted: dict[str, list[str]] = {}
    groups = {"always": project["dependencies"], **project["optional-dependencies"]}
    for group, lines in groups.items():
        for line in lines:
            name = re.match(r"[\w.-]+", line)
            if name and name[0] != project["name"]:
                wanted.setdefault(name[0], []).append(group)
    return wanted


def licence(package: str) -> str:
    """What a package's metadata says; empty if it is not installed.

    An SPDX expression, else a word or two, else its classifiers, else the first line of
    the licence's text.
    """
    try:
        found = metadata.metadata(package)
    except metadata.PackageNotFoundError:
        return ""
    text = (found.get("License") or "").strip()
    classes = [c for c in found.get_all("Classifier") or [] if c.startswith(TROVE)]
    said = found.get("License-Expression") or (text if "\n" not in text else "")
    told = said or ", ".join(c.removeprefix(TROVE) for c in classes)
    first = " ".join(re.split(r"\n\n|https?://", text)[0].split())
    return told or first or "none is stated in its metadata"


def packages(before: str) -> str:
    """A row a package, in the order of their names.

    Args:
        before: the table as it stands.
    """
    kept = dict(re.findall(r"^\| `([^`]+)` \| (.*?) \|", before, re.MULTILINE))
    rows = ["| package | licence | for |", "|---|---|---|"]
    wanted = requirements()
    for name in sorted(wanted, key=str.lower):
        said = licence(name) or kept.get(name, ABSENT)
        rows.append(f"| `{name}` | {said} | {', '.join(wanted[name])} |")
    return "\n".join(rows)


def datasets(before: str) -> str:
    """A row a dataset, as its reader has it."""
    del before
    from handjax.data.real import names

    rows = ["| name | dataset | licence, or what its page says |", "|---|---|---|"]
    for name in names.MODULES:
        about = names.reader(name).ABOUT
        rows.append(f"| `{name}` | [{about.title}]({about.home}) | {about.licence} |")
    return "\n".join(rows)


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    for name, table in {"packages": packages, "datasets": datasets}.items():
        begin = BEGIN.format(name)
        head, found, rest = page.partition(begin)
        before, _, after = rest.partition(END)
        if not found:
            raise ValueError(f"{PAGE} wants a line {begin!r} where the table belongs")
        page = f"{head}{begin}\n\n{table(before)}\n\n{END}{after}"
    return page


def main() -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    page = PAGE.read_text()
    right = renewed(page)
    if not check:
        PAGE.write_text(right)
    elif right != page:
        print("docs/licences.md is not up to date: python docs/tools/licences.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
