"""How the numbers of a file become camera coordinates, and back.

Notation, shared by every function here and by the tests:
    u, v: pixels; d: depth; x, y, z: mm in the camera's frame, y down.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.evaluation.joint_sets import scored
from handjax.evaluation.predictions.text import FileError
from handjax.evaluation.protocols import Camera

FORMATS = ("uvd", "xyz")
UNITS = {"mm": 1.0, "cm": 10.0, "m": 1000.0}

Joints = Float[np.ndarray, "frames joints 3"]


class Reading(NamedTuple):
    """What a file's three numbers a joint mean.

    Attributes:
        format: uvd or xyz.
        unit: mm that a unit of length in it has.
        flip: axes that point against ours, of x, y and z.
        axes: which of x, y and z (u, v and d) each of the three numbers is.
        order: the file's joint that is each of the protocol's; None if they agree.
        palm: the first joint is STB's palm and not the wrist.
        shift: see `shifted`, which comes before all this.
        camera: that uvd was made with; None for the dataset's.
    """

    format: str
    unit: float = 1.0
    flip: str = ""
    axes: str = "xyz"
    order: tuple[int, ...] | None = None
    palm: bool = False
    shift: int = 0
    camera: Camera | None = None

    @property
    def options(self) -> str:
        """As the command line takes it."""
        units = {mm: name for name, mm in UNITS.items()}
        words = [f"--format {self.format}"]
        words += [f"--unit {units[self.unit]}"] if self.unit != 1.0 else []
        words += [f"--flip {self.flip}"] if self.flip else []
        words += [f"--axes {self.axes}"] if self.axes != "xyz" else []
        if self.order is not None:
            words.append(f"--order {','.join(map(str, self.order))}")
        words += ["--palm"] if self.palm else []
        words += [f"--shift {self.shift}"] if self.shift else []
        if self.camera is not None:
            words.append("--camera {:g},{:g},{:g},{:g}".format(*sum(self.camera, ())))
        return " ".join(words)


def to_camera(numbers: Joints, reading: Reading, camera: Camera | None) -> Joints:
    """Joints in the camera's frame, mm.

        x = (u - u0) d / fx,    y = (v - v0) d / fy,    z = d

    Args:
        numbers: of a file.
        reading: what they mean.
        camera: that took the frames; uvd wants one.

    Raises:
        FileError: uvd without a camera.
    """
    if reading.order is not None:
        numbers = numbers[:, list(reading.order)]
    if reading.axes != "xyz":
        numbers = numbers[..., [reading.axes.index(axis) for axis in "xyz"]]
    if reading.format == "xyz":
        xyz = numbers * reading.unit
    else:
        d = numbers[..., 2:] * reading.unit
        fx_fy, centre = _numbers(reading.camera or camera)
        xyz = np.concatenate([(numbers[..., :2] - centre) * d / fx_fy, d], axis=-1)
    xyz = xyz * _signs(reading.flip)
    return scored("stb", xyz, np.ones(xyz.shape[:2], bool))[0] if reading.palm else xyz


def shifted(numbers: Joints, frames: int) -> Joints:
    """Rows of a file whose first one is of a later frame, the ends filled up.

    Args:
        numbers: of a file.
        frames: how much later; earlier if negative.

    Raises:
        FileError: as many as the file has, of which nothing would be left.
    """
    if frames and abs(frames) >= len(numbers):
        raise FileError(
            f"wants --shift of fewer than its {len(numbers)} frames; got {frames}"
        )
    rows = np.arange(len(numbers)) - frames
    return numbers[np.clip(rows, 0, len(numbers) - 1)]


def from_camera(joints: Joints, format: str, camera: Camera | None) -> Joints:
    """Joints of the camera's frame as a file of this format has them.

        u = u0 + fx x / z,    v = v0 + fy y / z,    d = z

    Raises:
        FileError: uvd without a camera.
    """
    if format == "xyz":
        return joints
    focal, centre = _numbers(camera)
    # A lost frame may be all 0.
    z = np.where(joints[..., 2:] == 0.0, 1.0, joints[..., 2:])
    uv = joints[..., :2] / z * focal + centre
    return np.concatenate([uv, joints[..., 2:]], axis=-1)


def _numbers(camera: Camera | None):
    if camera is None:
        raise FileError(
            "uvd wants one camera for all frames, and this dataset has more: "
            "give xyz in mm, --format xyz"
        )
    return np.array(camera.focal), np.array(camera.centre)


def _signs(flip: str) -> Float[np.ndarray, "3"]:
    return np.array([-1.0 if axis in flip else 1.0 for axis in "xyz"])
