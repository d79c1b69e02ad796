"""The page of real datasets says what readers say, and names what there is."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from handjax import weights
from handjax.data.real import names
from handjax.evaluation.protocols import PROTOCOLS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "datasets.md").read_text()
SECTIONS = {
    name: section
    for section in PAGE.split("\n## ")[1:]
    for name in re.findall(r"`(\w+)`", section.splitlines()[0])
}
IN_FULL = [name for name in SECTIONS if name not in ("ho3d", "dexycb")]
COMMANDS = re.findall(r"(?:^|\n)(python .*?)(?=\n(?:python|```))", PAGE, re.DOTALL)
WORDS = [command.replace("\\\n", " ").split() for command in COMMANDS]


def test_every_dataset_has_its_section():
    assert set(SECTIONS) == set(names.MODULES) - {"own"}


@pytest.mark.parametrize("name", IN_FULL)
def test_a_section_says_what_the_reader_says(name):
    about, section = names.reader(name).ABOUT, SECTIONS[name]
    assert f"<{about.home}>" in section
    assert f"python -m handjax data {name} --root" in section
    # Of each path the first folder, up to what stands for names that vary.
    roots = {path.split("/")[0].split("*")[0] for path in about.layout}
    assert not {root for root in roots if root not in section}
    if name == "msra15":  # its nine splits are told as one
        assert f"{sum(about.frames.values()):,}" in section
        return
    assert not {split for split in about.frames if f"`{split}`" not in section}
    told = [f"{count:,}" for count in about.frames.values() if count]
    assert not [count for count in told if count not in section]


def option(words, name):
    """The value of an option; nothing where it is not given."""
    return words[words.index(name) + 1] if name in words else None


def test_commands_name_datasets_and_weights_that_there_are():
    assert len(WORDS) > 20
    for words in WORDS:
        dataset = option(words, "--dataset")
        if dataset and dataset != "NAME":
            assert dataset in PROTOCOLS
            subset = option(words, "--subset")
            tested = PROTOCOLS[dataset]
            subsets = {*tested.splits, *(one.name for one in tested.subsets)}
            assert subset is None or subset in subsets
        released = option(words, "--weights")
        assert released is None or released in weights.released()


def test_commands_name_configs_and_settings_that_there_are():
    pages = [words for words in WORDS if words[1] == "train.py"]
    assert len(pages) > 5
    for words in pages:
        page = words[2].removeprefix("--config=")
        path, _, variant = page.partition(":")
        module = import_module(path.removesuffix(".py").replace("/", "."))
        config = module.get_config(variant)
        assert any("real" in phase.sources for phase in config.phases), page
        for word in words:
            if setting := re.match(r"--config\.real\.(\w+)=(\w+)", word):
                assert setting[1] in config.real
                assert setting[1] != "name" or setting[2] in names.MODULES
