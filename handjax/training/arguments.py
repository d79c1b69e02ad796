"""The command line of train.py: a page of configs/, its overrides, a folder."""

import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags


def parse(arguments: list[str]) -> list[str]:
    """The command line; what it gets wrong is said in a line, exit status 2."""
    try:
        rest = flags.FLAGS(arguments)
        if not Path(config_page()[0]).exists():
            raise flags.Error(f"no config at {config_page()[0]!r}; see configs/")
        return rest
    except IndexError:
        print("an override counts beyond the end, as in phases[3]", file=sys.stderr)
        sys.exit(2)
    except (flags.Error, AttributeError, TypeError) as wrong:
        said = wrong.args[0]
        # The last line of a mistyped field's error offers the nearest one.
        said = said.args[0] if isinstance(said, KeyError) else str(said)
        print(said.strip().splitlines()[-1], file=sys.stderr)
        sys.exit(2)


def config_page() -> tuple[str, str]:
    """The config's file and its variant."""
    name = config_flags.get_config_filename(flags.FLAGS["config"])
    page, _, variant = name.partition(":")
    return page, variant


def default_workdir() -> Path:
    """runs/ and the name of the config and its variant: runs/wan_spheres_small."""
    page, variant = config_page()
    return Path("runs") / "_".join(filter(None, [Path(page).stem, variant]))
