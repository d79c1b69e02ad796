"""Whether labels are read as they were written: hands before a camera, or not."""

import numpy as np
from jaxtyping import Bool, Float

from handjax.evaluation.mistakes.alternatives import changes, others
from handjax.evaluation.predictions.reading import Reading, to_camera
from handjax.evaluation.predictions.text import FileError
from handjax.evaluation.protocols import Camera, Protocol
from handjax.evaluation.score import measure

Joints = Float[np.ndarray, "frames joints 3"]

DEPTHS = (100.0, 3000.0)
"""Where half of the joints lie, mm."""
SPANS = (60.0, 300.0)
"""Between the two joints of half of the hands that are farthest apart, mm."""
TIPS = 5
"""Joints of who labels tips alone, which may touch: they have no least span."""
INSIDE = 0.8
"""Share of the joints that the picture shows."""
PALM = 1.5
"""STB's palm lies 1.05 times the ring finger's first bone from its knuckle, the wrist
twice as far."""
SAMPLE = 300
"""Frames that are looked at."""
LEAST_FRAMES = 30


def check_labels(numbers: Joints, reading: Reading, protocol: Protocol) -> None:
    """Refuse labels that are no hands before the camera, with what they may be.

    Args:
        numbers: of the file, the joints that count; NaN where unknown.
        reading: what they mean.
        protocol: of the dataset.

    Raises:
        FileError: see above.
    """
    rows = np.linspace(0, len(numbers) - 1, SAMPLE).astype(int)
    numbers = numbers[np.unique(rows)]
    said = _odd(numbers, reading, protocol)
    if not said:
        return _check_palm(numbers, reading, protocol)
    ways = others(reading._replace(camera=None), protocol, "none")
    fit = [r for r in ways if (r.axes, r.palm, r.camera) == ("xyz", reading.palm, None)]
    fit = [r for r in fit if not _odd(numbers, r, protocol)]
    mend = "give labels in the camera's frame"
    if fit:
        best = min(fit, key=lambda other: changes(reading, other))
        mend = f"try {best.options.replace('--', '--labels-')}"
    raise FileError(
        f"{said} if read with {reading.options.replace('--', '--labels-')}: {mend}; "
        "--unchecked takes them as they are"
    )


def _check_palm(numbers: Joints, reading: Reading, protocol: Protocol) -> None:
    """Refuse STB's labels where joint 0 is not what it is read as."""
    if protocol.sets[0] != "stb":
        return
    knuckle, next = (protocol.joints.names.index(f"ring_{j}") for j in ("mcp", "pip"))
    apart = np.linalg.norm(numbers[:, knuckle] - numbers[:, 0], axis=-1)
    bone = np.linalg.norm(numbers[:, next] - numbers[:, knuckle], axis=-1)
    known = apart[np.isfinite(apart / bone)] / bone[np.isfinite(apart / bone)]
    if not known.size or reading.palm == (np.median(known) < PALM):
        return
    far = np.median(known)
    there, option = ("palm", "") if far < PALM else ("wrist", "no-")
    raise FileError(
        f"has joint 0 at {far:.2f} times the ring finger's first bone from its "
        f"knuckle, as a {there} has it: try --{option}labels-palm; --unchecked takes "
        "labels as they are"
    )


def require_known(
    joints: Joints,
    valid: Bool[np.ndarray, "frames joints"],
    origin: str,
    protocol: Protocol,
    align: str,
) -> None:
    """Refuse labels that leave nothing to measure.

    Args:
        joints: true ones, mm.
        valid: which are known.
        origin: where they come from.
        protocol: of the dataset.
        align: a key of `protocols.ALIGNED`.

    Raises:
        FileError: no joint is known, or none beside a root that is given.
    """
    none = not valid.any()
    if none or np.isnan(measure(joints, joints, valid, protocol, align)).all():
        raise FileError(
            f"{origin} labels no joint that --align {align} can measure in these "
            f"{len(joints)} frames; give labels, or frames, that have some"
        )


def _odd(numbers: Joints, reading: Reading, protocol: Protocol) -> str:
    """What no labels of hands have; "" if all is well."""
    joints = to_camera(numbers, reading, protocol.camera)
    known = np.isfinite(joints).all(axis=-1)
    if not known.any():
        return ""
    depth, span = np.median(joints[known][:, 2]), _span(joints)
    least = SPANS[0] if joints.shape[1] > TIPS else 0.0
    if not DEPTHS[0] <= depth <= DEPTHS[1]:
        return f"has half of its joints at a depth of {depth:.4g} mm"
    # Nothing is compared with NaN, the span of hands that few joints are known of.
    if span < least or span > SPANS[1]:
        return f"has hands that span {span:.4g} mm"
    if protocol.camera and _share_inside(joints[known], protocol.camera) < INSIDE:
        return "has joints outside of the camera's picture"
    if reading.format == "xyz" and protocol.camera and _pixels(numbers, protocol):
        return "has only pixels of the picture where x and y should be"
    return ""


def _span(joints: Joints) -> float:
    """Of half of the hands that most joints are known of, mm; NaN without such."""
    known = np.isfinite(joints).all(axis=-1)
    joints = joints[2 * known.sum(axis=1) > joints.shape[1]]
    if not len(joints):
        return np.nan
    gaps = joints[:, :, None] - joints[:, None]
    apart = np.sqrt(np.einsum("fija,fija->fij", gaps, gaps))
    return float(np.median(np.nanmax(apart, axis=(1, 2))))


def _share_inside(joints: Float[np.ndarray, "known 3"], camera: Camera) -> float:
    """Of joints, within a picture whose middle is the camera's centre."""
    focal, centre = np.array(camera.focal), np.array(camera.centre)
    # A joint in the camera's plane is nowhere in the picture.
    z = np.where(joints[:, 2:] > 0.0, joints[:, 2:], np.nan)
    away = np.abs(joints[:, :2] / z * focal)
    return float(np.mean((away <= centre).all(axis=-1)))


def _pixels(numbers: Joints, protocol: Protocol) -> bool:
    """Whether no hand is ever left of or above the middle, and uvd would do."""
    if len(numbers) < LEAST_FRAMES or np.nanmin(numbers[..., :2]) < 0.0:
        return False
    return not _odd(numbers, Reading("uvd"), protocol)
