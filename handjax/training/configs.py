"""Configs on disk: a run keeps its own, and a second start must bring the same."""

import json
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from handjax.methods.method import Config

FILE = "config.json"


class ConfigError(ValueError):
    """A config asks for what cannot be; the message says what can."""


def plain(config: Any) -> Any:
    """A config as dicts, lists and numbers, ready for JSON."""
    if isinstance(config, ConfigDict):
        return {name: plain(value) for name, value in config.items()}
    if isinstance(config, (tuple, list)):
        return [plain(value) for value in config]
    return config


def from_plain(tree: Any) -> Any:
    """The config that `plain` was given; sequences come back as tuples."""
    if isinstance(tree, dict):
        return ConfigDict({name: from_plain(value) for name, value in tree.items()})
    if isinstance(tree, list):
        return tuple(from_plain(value) for value in tree)
    return tree


def read(path: str | Path) -> Config:
    """Read a config that `write` left."""
    return from_plain(json.loads(Path(path).read_text()))


def write(path: str | Path, config: Config) -> None:
    """Write a config as JSON."""
    Path(path).write_text(json.dumps(plain(config), indent=2) + "\n")


def differences(ours: Config, theirs: Config) -> list[str]:
    """Fields whose values differ, as "name: ours, theirs" lines."""
    left, right = _flat(plain(ours)), _flat(plain(theirs))
    names = sorted(left.keys() | right.keys())
    return [
        f"{name}: {left.get(name, 'absent')}, {right.get(name, 'absent')}"
        for name in names
        if left.get(name, "absent") != right.get(name, "absent")
    ]


def claim(workdir: Path, config: Config, *, begun: bool) -> None:
    """Write the config into a run's folder, or compare it with what stands there.

    Args:
        workdir: the folder.
        config: what is asked for now.
        begun: whether a run has got anywhere in this folder.

    Raises:
        ConfigError: if that run had another config.
    """
    if not begun:
        return write(workdir / FILE, config)
    changed = differences(config, read(workdir / FILE))
    if changed:
        raise ConfigError(
            f"{workdir} belongs to a run with another config (now, then): "
            f"{'; '.join(changed)}. Choose another --workdir; --init {workdir} "
            "starts there from these weights."
        )


def _flat(tree: Any, name: str = "") -> dict[str, Any]:
    if not isinstance(tree, (dict, list)) or not tree:
        return {name: tree}
    fields = tree.items() if isinstance(tree, dict) else enumerate(tree)
    flat: dict[str, Any] = {}
    for field, value in fields:
        flat |= _flat(value, f"{name}.{field}" if name else str(field))
    return flat
