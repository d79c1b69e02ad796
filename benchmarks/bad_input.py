"""What users get for wrong files, flags and shapes: a table of kinds and messages.

    PYTHONPATH=. python benchmarks/bad_input.py > docs/bad_input.md

Each is answered with exit status 2, a line that says what was wanted, and no traceback;
a bad frame among good ones is told in its line, and skipped.
"""

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

CAMERA = ("--camera", "147,147,80,60")
HEAD = """# What wrong input is answered with

By `PYTHONPATH=. python benchmarks/bad_input.py`. The exit status is 2 each time; `DIR`
is a folder. Of a bad frame among good ones the same is said in its line, and it is
skipped.

| what is wrong | what is said |
|---|---|
"""


class Kind(NamedTuple):
    """One way to be wrong.

    Attributes:
        what: is wrong, for who reads the table.
        program: "handjax" or "evaluate".
        words: folder -> command line; it makes the files.
    """

    what: str
    program: str
    words: Callable[[Path], list[str]]


class Answer(NamedTuple):
    """What came of it: the exit status, and all that was printed."""

    status: int
    said: str


def main() -> int:
    """Print the table."""
    rows = []
    for kind in KINDS:
        status, said = answer(kind)
        if status != 2:
            raise SystemExit(f"{kind.what}: exit status {status}\n{said}")
        rows.append(f"| {kind.what} | {said.replace('|', '&#124;')} |")
    print(HEAD + "\n".join(rows))
    return 0


def answer(kind: Kind) -> Answer:
    """Run a program in a folder of its own; the line that says what is wrong."""
    import evaluate
    from handjax import __main__ as handjax

    run = {"handjax": handjax.main, "evaluate": evaluate.main}[kind.program]
    heard = io.StringIO()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = kind.words(folder)
        with contextlib.redirect_stdout(heard), contextlib.redirect_stderr(heard):
            try:
                status = run(words)
            except SystemExit as left:  # argparse
                status = left.code if isinstance(left.code, int) else 2
        lines = heard.getvalue().replace(str(folder), "DIR").strip().splitlines()
    skipped = [line for line in lines if "  skipped: " in line]
    if skipped:
        return Answer(status, skipped[-1])
    # Before what is wrong the commands say how they are used, or what they read.
    named = [k for k, line in enumerate(lines) if line.startswith("python -m handjax")]
    return Answer(status, " ".join(line.strip() for line in lines[max([0, *named]) :]))


def _frame(name: str, content: bytes | np.ndarray, *more: str, camera=CAMERA) -> Kind:
    """`predict` of one file."""

    def words(folder: Path) -> list[str]:
        path = folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif path.suffix == ".npy":
            np.save(path, content)
        else:
            Image.fromarray(content).save(path)
        out = ["--out", str(folder / "out")]
        return ["predict", str(path), *camera, *more, *out]

    return Kind("", "handjax", words)


def _with(*more: str, depth: np.ndarray | None = None) -> Kind:
    """`predict` of a good depth frame with more options."""
    return _frame("depth.png", WALL if depth is None else depth, *more, camera=())


def _camera(page: object) -> Kind:
    """`predict` with a camera's file."""

    def words(folder: Path) -> list[str]:
        text = page if isinstance(page, str) else json.dumps(page)
        (folder / "camera.json").write_text(text)
        Image.fromarray(WALL).save(folder / "depth.png")
        given = ["--camera", str(folder / "camera.json"), "--out", str(folder / "out")]
        return ["predict", str(folder / "depth.png"), *given]

    return Kind("", "handjax", words)


def _said(program: str, *words: str) -> Kind:
    """A command line in which DIR stands for the folder."""
    return Kind(
        "", program, lambda folder: [w.replace("DIR", str(folder)) for w in words]
    )


def _empty_folder(folder: Path) -> list[str]:
    (folder / "frames").mkdir()
    return ["predict", str(folder / "frames"), *CAMERA, "--out", str(folder / "out")]


def _out_is_a_file(folder: Path) -> list[str]:
    (folder / "out").write_text("")
    Image.fromarray(WALL).save(folder / "depth.png")
    given = [*CAMERA, "--out", str(folder / "out")]
    return ["predict", str(folder / "depth.png"), *given]


def _two_sizes(folder: Path) -> list[str]:
    frames = folder / "frames"
    frames.mkdir()
    Image.fromarray(WALL).save(frames / "1.png")
    Image.fromarray(WALL[:60]).save(frames / "2.png")
    return ["predict", str(frames), *CAMERA, "--out", str(folder / "out")]


def _text(name: str, content: str, *more: str) -> Kind:
    """`evaluate.py` of a file of predictions."""

    def words(folder: Path) -> list[str]:
        (folder / name).write_text(content)
        given = ["--predictions", str(folder / name), "--out", str(folder / "out")]
        return ["--dataset", "nyu", *given, "--labels", str(folder / name), *more]

    return Kind("", "evaluate", words)


WALL = np.full((120, 160), 700, np.uint16)
"""A frame of depth in which nothing stands out, mm."""
COLOUR = np.full((64, 96, 3), 120, np.uint8)
PNG = b"\x89PNG\r\n\x1a\n"

_KINDS = {
    # Files.
    "no file there": _said("handjax", "predict", "DIR/hand.png", "--out", "DIR/out"),
    "a folder without frames": Kind("", "handjax", _empty_folder),
    "an empty file": _frame("hand.png", b""),
    "a text file called .png": _frame("hand.png", b"hello"),
    "a PNG that is cut short": _frame("hand.png", PNG + b"\0" * 40),
    "a text file called .npy": _frame("hand.npy", b"hello"),
    "a `.npy` of Python objects": _frame("hand.npy", np.array([{}, {}], object)),
    "a `.npy` of one axis": _frame("hand.npy", np.zeros(7)),
    "a text file called .mp4": _frame("hand.mp4", b"hello"),
    "a file called .txt": _frame("hand.txt", b"hello"),
    # What frames hold.
    "depth that is 0 everywhere": _frame("hand.png", 0 * WALL),
    "depth in metres": _frame("hand.npy", WALL / 1000.0),
    "depth of NaN": _frame("hand.npy", np.full((120, 160), np.nan)),
    "depth without a hand": _frame("hand.png", WALL),
    "depth that is negative": _frame("hand.npy", -WALL.astype(np.float32)),
    "frames of two sizes": Kind("", "handjax", _two_sizes),
    "black": _frame("hand.png", 0 * COLOUR),
    "a picture in colour for a method on depth": _frame(
        "hand.png", COLOUR, "--method", "wan_spheres"
    ),
    "depth for a method on colour": _with(*CAMERA, "--method", "graph_cnn"),
    # Cameras.
    "depth without a camera": _with(),
    "a camera that nobody knows": _with("--camera", "kinect"),
    "three numbers for a camera": _with("--camera", "500,500,80"),
    "a focal length of 0": _with("--camera", "0,0,80,60"),
    "a camera of another resolution": _with("--camera", "1000,1000,960,540"),
    "a camera's file that is not there": _with("--camera", "DIR/none.json"),
    "a camera's file that is no JSON": _camera("fx = 1"),
    "a camera's file without K": _camera({"width": 160, "height": 120}),
    "a camera's file with half a size": _camera({"K": np.eye(3).tolist(), "width": 9}),
    "a camera of another aspect": _camera(
        {"fx": 147, "fy": 147, "cx": 80, "cy": 60, "width": 100, "height": 100}
    ),
    # Flags.
    "an unknown method": _with(*CAMERA, "--method", "nobody"),
    "an unknown release": _with(*CAMERA, "--weights", "nobody"),
    "a folder that is no run": _with(*CAMERA, "--workdir", "nowhere"),
    "weights of another method": _with(
        *CAMERA, "--method", "dual_grid", "--weights", "wan_spheres"
    ),
    "a box of three numbers": _with(*CAMERA, "--box", "1,2,3"),
    "a box of 3 pixels": _with(*CAMERA, "--box", "1,2,3,3"),
    "a place of two numbers": _with(*CAMERA, "--center", "1,2"),
    "0 frames a second": _with(*CAMERA, "--fps", "0"),
    "-1 steps of refinement": _with(*CAMERA, "--refine", "-1"),
    "refinement by a method that can't": _with(*CAMERA, "--refine", "5"),
    "an unknown kind of mesh": _with(*CAMERA, "--mesh", "stl"),
    "an unknown side": _with(*CAMERA, "--side", "up"),
    "an unknown flag": _with(*CAMERA, "--sid", "right", "--colour"),
    "results into a file": Kind("", "handjax", _out_is_a_file),
    "no command": _said("handjax"),
    "`fit` of a file that is not there": _said(
        "handjax", "fit", "DIR/depth.png", "--camera", "nyu", "--out", "DIR/out"
    ),
    # Datasets and evaluation.
    "a dataset that nobody knows": _said(
        "evaluate", "--dataset", "mnist", "--weights", "wan_spheres", "--out", "DIR/o"
    ),
    "a dataset that is not there": _said(
        "evaluate",
        *("--dataset", "nyu", "--root", "DIR", "--weights", "wan_spheres"),
        *("--out", "DIR/out"),
    ),
    "a release that is not there": _said(
        "evaluate", "--dataset", "synthetic", "--weights", "nobody", "--out", "DIR/o"
    ),
    "predictions with words in them": _text("ours.txt", "1 2 three\n"),
    "predictions of 5 numbers a line": _text("ours.txt", "1 2 3 4 5\n" * 3),
    "preparing a dataset from nothing": _said(
        "handjax", "data", "nyu", "--root", "DIR"
    ),
    "MANO from a file that is not there": _said(
        "handjax", "data", "mano", "DIR/MANO.pkl", "--out", "DIR/m.npz"
    ),
}
KINDS = tuple(kind._replace(what=what) for what, kind in _KINDS.items())

if __name__ == "__main__":
    sys.exit(main())
