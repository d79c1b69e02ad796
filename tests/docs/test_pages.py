"""Pages about the project are up to date: citation, licences, models, links."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import yaml

from docs.tools import licences, links
from handjax import weights

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
CARDS = (ROOT / "docs" / "models.md").read_text()
RELEASED = weights.released()


def card(name):
    """A model's section."""
    return re.split(rf"^## {name}$", CARDS, flags=re.MULTILINE)[1].split("\n## ")[0]


def column(name):
    """A model's column in the table of all, by the row's name."""
    table = re.search(r"^\| \| `.*\n(?:\|.*\n)+", CARDS, re.MULTILINE)[0]
    head, _, *rows = [line.strip("|\n ").split(" | ") for line in table.splitlines()]
    place = head.index(f"`{name}`") + 1  # the first cell of the head is empty
    return {row[0]: row[place] for row in rows}


def test_every_link_and_anchor_leads_somewhere():
    files = {path: links.read(path) for path in links.pages()}
    assert len(files) > 20
    assert sum(len(page.links) for page in files.values()) > 100
    assert not links.broken(files, ROOT)


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# A head\n\n[a](#a-head) [b](#other) [c](none.md) `[d](e)`\n")
    wrong = links.broken({page: links.read(page)}, tmp_path)
    assert [line.split(": ")[1] for line in wrong] == ["#other", "none.md"]


def test_the_citation_is_of_this_version_and_of_all_five_papers():
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["message"]
    assert CITATION["title"].startswith(PROJECT["name"])
    assert CITATION["authors"] == [{"name": "The handjax authors"}]
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"]
    notes = " ".join(one["notes"] for one in CITATION["references"])
    papers = ("wan2019", "wan2020", "moon2020", "ge2019", "baek2019")
    assert all(f"[{paper}]" in notes for paper in papers)
    for one in CITATION["references"]:
        assert one["type"] == "conference-paper"
        assert one["title"]
        assert one["collection-title"]
        assert one["year"] == int(re.search(r"\d{4}", one["notes"])[0])
        assert all({"family-names", "given-names"} == set(a) for a in one["authors"])


def test_the_changelog_knows_this_version():
    page = (ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in page
    assert PROJECT["version"] in page


def test_licences_are_what_packages_and_readers_say():
    page = licences.PAGE.read_text()
    assert licences.renewed(page) == page, "run `python docs/tools/licences.py`"
    assert all(f"| `{name}` |" in page for name in licences.requirements())


def test_a_licence_is_read_from_metadata():
    assert licences.licence("pytest") == "MIT"
    assert licences.licence("no-such-package-is-installed") == ""


def test_every_released_model_has_a_card_and_no_other_has():
    heads = re.findall(r"^## (\w+)$", CARDS, re.MULTILINE)
    assert sorted(heads) == sorted(RELEASED)


@pytest.mark.parametrize("name", RELEASED)
def test_a_card_says_what_its_files_hold(name):
    path = weights.FOLDER / f"{name}.npz"
    config = json.loads(path.with_suffix(".json").read_text())["config"]
    facts = column(name)
    with np.load(path, allow_pickle=False) as stored:
        count = sum(stored[k].size for k in stored.files if k.startswith("params"))
    assert facts["parameters"] == f"{count:,}"
    assert facts["arrays on disk"] == f"{path.stat().st_size / 1e6:.1f} MB"
    assert facts["template"] == f"`{config['template']}`"
    sees = config["synthetic"].get("modality", "depth").replace("rgb", "colour")
    assert facts["sees"] == sees
    wanted = ("Input.", "Output.", "Training data.", "Figures", "Limits.", "mm")
    assert all(word in card(name) for word in wanted)


@pytest.mark.parametrize("name", RELEASED)
def test_figures_of_a_card_stand_on_the_page_that_it_names(name):
    pages = re.findall(r"\]\(([\w./]+\.md)\)", card(name).partition("Figures")[2])
    told = "".join((ROOT / "docs" / page).read_text() for page in pages)
    told += (ROOT / "README.md").read_text()
    table = re.findall(r"^\|.*", card(name), re.MULTILINE)
    figures = {f for line in table for f in re.findall(r"\d+\.\d+", line)}
    assert figures
    assert not {figure for figure in figures if figure not in told}
