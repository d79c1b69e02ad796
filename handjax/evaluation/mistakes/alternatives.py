"""Other ways in which the numbers of a file may have been meant."""

from collections.abc import Iterator, Mapping
from itertools import permutations, product

from handjax.evaluation.predictions.reading import FORMATS, UNITS, Reading
from handjax.evaluation.protocols import PROTOCOLS, Camera, Protocol

FLIPS = ("", "x", "y", "z", "xy", "xz", "yz", "xyz")
TURNS = tuple("".join(axes) for axes in permutations("xyz"))
ALIKE = 0.01
"""Cameras whose numbers differ by less are the same."""
SCALED = ("scale", "procrustes")
"""Alignments that are given the scale: errors are then told without a unit."""
TURNED = ("rigid", "procrustes")
"""Alignments that are given the rotation: errors are then told without axes."""


def others(reading: Reading, protocol: Protocol, align: str) -> Iterator[Reading]:
    """Every other way in which coordinates may have been meant, as far as it matters.

    What an alignment undoes is not tried: units where the scale is given, turned axes
    where rotations are fitted too, which leaves the hand and its mirror image.

    Args:
        reading: how they are read.
        protocol: of the dataset.
        align: a key of `protocols.ALIGNED`.
    """
    formats = FORMATS if protocol.camera else ("xyz",)
    palms = (False, True) if protocol.sets[0] == "stb" else (False,)
    for format, palm in product(formats, palms):
        # Lengths of uvd are as long as d.
        units = (reading.unit,) if align in SCALED else UNITS.values()
        flips = _and_mirrored(reading.flip) if align in TURNED else FLIPS
        axes = (reading.axes,) if align in TURNED else TURNS
        for unit, flip, axis in product(units, flips, axes):
            other = reading._replace(
                format=format, unit=unit, flip=flip, axes=axis, palm=palm
            )
            if other != reading:
                yield other
    # Where hands may be anywhere, a camera is told by nothing.
    if align == "none":
        yield from _of_other_cameras(reading, protocol)


def changes(reading: Reading, other: Reading) -> int:
    """In how many ways two readings differ."""
    turned = len(set(reading.flip) ^ set(other.flip))
    return turned + sum(a != b for a, b in zip(reading, other, strict=True))


def cameras(protocol: Protocol) -> Mapping[Camera, str]:
    """Cameras that pixels may be of instead, and what a file with them does."""
    own = protocol.camera
    if own is None:
        return {}
    (fx, fy), (u0, v0) = own
    found = {
        Camera((fx / 2, fy / 2), (u0 / 2, v0 / 2)): "counts pixels of half the picture",
        Camera(
            (2 * fx, 2 * fy), (2 * u0, 2 * v0)
        ): "counts pixels of twice the picture",
        Camera(own.focal, (0.0, 0.0)): "counts pixels from the middle of the picture",
    }
    named: dict[Camera, list[str]] = {}
    for name, other in PROTOCOLS.items():
        if other.camera and not _alike(other.camera, own):
            same = [camera for camera in named if _alike(camera, other.camera)]
            named.setdefault((same or [other.camera])[0], []).append(name)
    causes = {
        c: f"was made with the camera of {' or '.join(n)}" for c, n in named.items()
    }
    return causes | found


def _alike(one: Camera, other: Camera) -> bool:
    """Whether nobody could tell two cameras by their pixels."""
    pairs = zip(sum(one, ()), sum(other, ()), strict=True)
    return all(abs(a - b) <= ALIKE * max(abs(a), abs(b)) for a, b in pairs)


def _of_other_cameras(reading: Reading, protocol: Protocol) -> Iterator[Reading]:
    """Pixels of another camera, y up or down."""
    flips = dict.fromkeys((reading.flip, "", "y"))
    for camera, flip, unit in product(cameras(protocol), flips, UNITS.values()):
        yield reading._replace(format="uvd", camera=camera, flip=flip, unit=unit)


def _and_mirrored(flip: str) -> tuple[str, str]:
    """The axes that are turned, and these with x turned once more."""
    return flip, "".join(sorted(set(flip) ^ {"x"}))
