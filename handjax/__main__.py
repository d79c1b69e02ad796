"""The commands of handjax: what it does for a user's own images.

python -m handjax predict INPUT... --camera fx,fy,cx,cy --out DIR
python -m handjax fit DEPTH.png --camera nyu --center depth --out DIR
python -m handjax view DIR
python -m handjax calibrate DIR DIR... --out cameras.json
python -m handjax data nyu --root PATH
python -m handjax data mano MANO_RIGHT.pkl --out FILE.npz
python -m handjax export NAME --format onnx --out FILE
"""

import argparse
import sys
from collections.abc import Sequence

from handjax import calibrate_command, data_command
from handjax.export import ExportError, FolderError
from handjax.export import command as export_command
from handjax.fitting import FrameError, command
from handjax.predicting import command as predict_command
from handjax.viewing import command as view_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit status, 2 where the user's input is at fault."""
    parser = argparse.ArgumentParser(prog="python -m handjax", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    predict_command.add_to(commands)
    command.add_to(commands)
    view_command.add_to(commands)
    calibrate_command.add_to(commands)
    data_command.add_to(commands)
    export_command.add_to(commands)
    given = sys.argv[1:] if arguments is None else list(arguments)
    chosen = parser.parse_args(command.join_center(given))
    try:
        chosen.run(chosen)
    except (FrameError, FolderError, ExportError, *data_command.FAULTS) as error:
        print(f"{parser.prog} {chosen.command}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        place, why = error.filename or "a file", error.strerror or error
        said = f"{place} can't be read or written: {why}; is the disk full?"
        print(f"{parser.prog} {chosen.command}: {said}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
