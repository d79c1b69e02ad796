"""A posed hand, and cameras that take its picture: what tiny datasets are made of."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from handjax.data.real.frame import Frame, View
from handjax.geometry.cameras import Pinhole
from handjax.hands import skeleton
from handjax.hands.articulate import Pose, articulate, keypoints, rotations_from_angles
from handjax.hands.poses import NAMED
from handjax.hands.template import load_template
from handjax.render.rasterize import interpolate, rasterize

REAL = Path(__file__).parents[2].parent / "shared" / "real"
"""Real samples, where somebody has put them beside the checkout."""

FAR = 5000.0
SKIN = np.array([214.0, 160.0, 130.0])


class Drawn(NamedTuple):
    """A hand in the world: its 21 key points, surface and faces, mm."""

    keypoints: np.ndarray
    vertices: np.ndarray
    faces: np.ndarray


class Shot(NamedTuple):
    """A picture: depth, mm, 0 beside the hand; where the hand is; colours."""

    depth: np.ndarray
    mask: np.ndarray
    image: np.ndarray


def hand(
    place: tuple[float, float, float] = (10.0, 30.0, 600.0),
    *,
    right: bool = True,
    turn: tuple[float, float, float] = (0.2, -0.15, 0.3),
    named: str = "finger spread relaxed",
) -> Drawn:
    """The template's hand, fingers up, palm to a camera at the origin."""
    joints, vertices, faces = _posed(turn, named)
    side = np.array([1.0 if right else -1.0, 1.0, 1.0])
    faces = faces if right else faces[:, ::-1]
    return Drawn(joints * side + place, vertices * side + place, faces)


@lru_cache
def _posed(turn: tuple[float, float, float], named: str) -> Drawn:
    """The right hand around the middle of its surface."""
    template = load_template("hand_790")

    @jax.jit
    def points(angles, turn):
        rotations = rotations_from_angles(template, angles).at[0].set(turn)
        shape = jnp.zeros(len(template.shape_joints))
        posed = articulate(template, Pose(rotations, jnp.zeros(3), shape))
        return keypoints(posed), posed.vertices

    found = points(jnp.asarray(NAMED[named]), jnp.asarray(turn))
    joints, vertices = (np.asarray(x, float) for x in found)
    middle = vertices.mean(axis=0)
    return Drawn(joints - middle, vertices - middle, np.asarray(template.faces))


def shoot(
    drawn: Drawn,
    focal: Any,
    centre: Any,
    size: tuple[int, int],
    camera_from_world: np.ndarray | None = None,
) -> Shot:
    """The hand as a camera sees it.

    Args:
        drawn: the hand.
        focal, centre: of the camera, pixels.
        size: height and width, pixels.
        camera_from_world: rigid; the world is the camera's frame by default.
    """
    vertices = drawn.vertices
    if camera_from_world is not None:
        vertices = vertices @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    camera = Pinhole(jnp.asarray(focal, jnp.float32), jnp.asarray(centre, jnp.float32))
    faces, shape = jnp.asarray(drawn.faces), {"height": size[0], "width": size[1]}
    drawing = rasterize(camera, jnp.asarray(vertices), faces, **shape, far=FAR)
    # Light from above: colours by what a vertex has below it, which shows fingers.
    shade = np.linspace(0.6, 1.0, len(vertices))[np.argsort(np.argsort(vertices[:, 2]))]
    colours = jnp.asarray(shade[::-1, None] * SKIN, jnp.float32)
    image = np.asarray(interpolate(drawing, faces, colours)).round()
    mask = np.asarray(drawing.face) >= 0
    depth = np.where(mask, np.asarray(drawing.depth), 0.0)
    return Shot(depth, mask, np.where(mask[..., None], image, 90.0).astype(np.uint8))


def in_order(dataset: str, points: np.ndarray) -> np.ndarray:
    """Key points as a dataset orders its joints."""
    joints, valid = skeleton.to_dataset(dataset, jnp.asarray(points))
    assert valid.all()
    return np.asarray(joints, float)


def matrix(focal: Any, centre: Any) -> np.ndarray:
    """A camera's intrinsic matrix."""
    (fx, fy), (cx, cy) = focal, centre
    return np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])


def write(path: Path, pixels: np.ndarray, **options: Any) -> None:
    """A picture into a file, folders made on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)


def coded(high: np.ndarray, low: np.ndarray, *, order: str) -> np.ndarray:
    """Two bytes in the channels of a picture; `order` says which, as "lh0" or "0hl"."""
    channels = {"h": high, "l": low, "0": np.zeros_like(high)}
    return np.stack([channels[c] for c in order], axis=-1).astype(np.uint8)


def project(frame: Frame, view: View) -> np.ndarray:
    """Where the joints of a frame appear in one of its views, pixels."""
    turn, shift = view.camera_from_world[:3, :3], view.camera_from_world[:3, 3]
    points = frame.joints @ turn.T + shift
    return points[:, :2] / points[:, 2:] * view.focal + view.centre


def assert_on_hand(frame: Frame, view: View, mask: np.ndarray) -> None:
    """Every known joint appears on the hand, or within three pixels of it."""
    for joint, uv in enumerate(project(frame, view)):
        u, v = np.rint(uv).astype(int)
        near = mask[max(v - 3, 0) : v + 4, max(u - 3, 0) : u + 4]
        assert near.any() or not frame.valid[joint], f"joint {joint} is off the hand"
