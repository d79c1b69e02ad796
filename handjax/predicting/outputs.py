"""What is written of a user's frames: joints, meshes, skeletons, pictures, videos."""

import csv
import io
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from handjax import export, files
from handjax.fitting.overlay import png
from handjax.geometry import cameras
from handjax.geometry.cameras import Pinhole
from handjax.hands.skeleton import KEYPOINTS
from handjax.hands.template import Template
from handjax.predicting import rigs, videos
from handjax.predicting.inputs import Clip, Frame, free
from handjax.predicting.looking import Found, box_of
from handjax.predicting.overlay import blank, sheet

COLUMNS = (
    "clip",
    "frame",
    "number",
    "side",
    "confidence",
    "score",
    "spread_mm",
    "joint",
    "x_mm",
    "y_mm",
    "z_mm",
)
COLUMNS += ("u_px", "v_px")


class Row(NamedTuple):
    """What joints.json and joints.csv say of a frame; fields as there.

    Its number is its place in its clip, from 0; frames that were skipped have no row.
    Its camera is fx, fy, cx, cy, pixels of this frame. Confidence and spread are None
    where `Found` has none.
    """

    clip: str
    frame: str
    number: int
    side: str
    confidence: float | None
    score: float
    spread_mm: float | None
    box: tuple[float, ...]
    camera: tuple[float, ...]
    joints_mm: Float[np.ndarray, "21 3"]
    joints_px: Float[np.ndarray, "21 2"]
    others: int = 0


class Writer:
    """A context that writes frame by frame, and what is of all of them at the end.

    Args:
        out: folder, which is there.
        template: the hand, a right one, whose faces the surfaces have.
        formats: of meshes, such as ".glb".
        rigs: whether hands with skeletons are wanted.
        pictures: whether overlays are wanted.
        fps: frames a second of clips that say none, or another.

    Attributes:
        rows: of the frames until now.
    """

    def __init__(
        self,
        out: Path,
        template: Template,
        formats: tuple[str, ...],
        *,
        rigs: bool = False,
        pictures: bool = True,
        fps: float | None = None,
    ):
        self._out, self._template = out, template
        self._faces = np.asarray(template.faces)
        self._rigs, self._fps = rigs, fps
        self._rates: dict[str, float | None] = {}
        self._formats, self._pictures = formats, pictures
        self.rows: list[Row] = []
        self._names: set[str] = set()
        self._videos = ExitStack()
        self._adders: dict[str, Any] = {}

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self._videos.close()

    def rate(self, clip: Clip) -> float:
        """Frames a second of a clip."""
        return self._fps or clip.fps or videos.FPS

    def add(
        self, clip: Clip, number: int, frame: Frame, camera: Pinhole, found: Found
    ) -> Row:
        """Write what is of a frame alone; returns its row."""
        self._rates[clip.name] = self.rate(clip) if clip.ordered else None
        name = free(frame.name, self._names)
        uv = cameras.project(camera, jnp.asarray(found.joints, jnp.float32))
        box = box_of(found.vertices, camera)
        row = Row(
            clip.name,
            name,
            number,
            found.side,
            found.confidence,
            found.score,
            found.spread,
            box,
            (*np.asarray(camera.focal, float), *np.asarray(camera.centre, float)),
            found.joints,
            np.asarray(uv),
            found.others,
        )
        self.rows.append(row)
        faces = self._faces[:, ::-1] if found.side == "left" else self._faces
        for kind in self._formats:
            path = self._out / "meshes" / f"{name}{kind}"
            files.write(path, export.mesh(kind, found.vertices, faces))
        if self._pictures:
            picture = sheet(frame.pixels, camera, found.vertices, faces, found.joints)
            files.write(self._out / "overlays" / f"{name}.png", png(picture))
            if clip.video:
                self._adder(clip)(picture)
        return row

    def skip(self, clip: Clip, frame: Frame) -> None:
        """A frame without a hand: a video of overlays shows it as it is."""
        if self._pictures and clip.video:
            self._adder(clip)(blank(frame.pixels))

    def finish(self, about: dict[str, Any], *, whole: bool = True) -> list[Path]:
        """Write what is of all frames together; returns the files.

        Args:
            about: further fields of joints.json.
            whole: whether all frames were seen, and who waits will wait for skeletons.
        """
        written = [
            files.write(self._out / "joints.json", joints_json(self.rows, about)),
            files.write(self._out / "joints.csv", joints_csv(self.rows)),
        ]
        if self._rigs and whole:
            self._rig()
        return written

    def _rig(self) -> None:
        tracks = rigs.tracks_of(self.rows)
        for name, content in rigs.files_of(self._template, tracks, self._rates):
            files.write(self._out / "rigs" / name, content)

    def _adder(self, clip: Clip) -> Any:
        if clip.name not in self._adders:
            path = self._out / "overlays" / f"{clip.name}.mp4"
            opened = videos.writer(path, self.rate(clip))
            self._adders[clip.name] = self._videos.enter_context(opened)
        return self._adders[clip.name]


def joints_json(rows: list[Row], about: dict[str, Any]) -> bytes:
    """Key points of every frame as JSON."""
    page = {
        "names": list(KEYPOINTS),
        "unit": "mm",
        "axes": "x right, y down, z forward, from the camera",
        **about,
        "frames": [_plain(row) for row in rows],
    }
    return (json.dumps(page, indent=1) + "\n").encode()


def joints_csv(rows: list[Row]) -> bytes:
    """Key points of every frame as CSV, a line for each."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for row in rows:
        about = row.clip, row.frame, row.number, row.side
        about += tuple(map(_shown, (row.confidence, row.score, row.spread_mm)))
        each = zip(KEYPOINTS, row.joints_mm, row.joints_px, strict=True)
        for name, x, uv in each:
            numbers = [f"{value:.3f}" for value in (*x, *uv)]
            table.writerow([*about, name, *numbers])
    return text.getvalue().encode()


def _shown(x: float | None) -> str:
    return "" if x is None else f"{x:.3f}"


def _plain(row: Row) -> dict[str, Any]:
    plain = row._asdict()
    for name in ("confidence", "score", "spread_mm"):
        plain[name] = None if plain[name] is None else round(plain[name], 3)
    plain["box"] = [round(x, 1) for x in row.box]
    plain["camera"] = [round(float(x), 3) for x in row.camera]
    for name in ("joints_mm", "joints_px"):
        plain[name] = np.round(np.asarray(plain[name], np.float64), 3).tolist()
    return plain
