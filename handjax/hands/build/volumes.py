"""How much of a finger's volume bending keeps: `python -m handjax.hands.build.volumes`.

A finger is the skin that its own bones move more than the rest of the hand does (of the
thumb, what lies beyond its knuckle), closed by a fan at its base.
"""

import jax
import numpy as np

from handjax.hands import poses
from handjax.hands.articulate import articulate, rest_pose, rotations_from_angles
from handjax.hands.skeleton import FINGERS, POSED
from handjax.hands.template import Template, load_template


def finger_faces(template: Template, finger: str) -> np.ndarray:
    """Faces of a finger's skin."""
    bones = [n for n in POSED if n.startswith(finger)]
    if finger == "thumb":
        bones = ["thumb_mcp", "thumb_ip"]
    weights = np.asarray(template.weights)[:, [POSED.index(n) for n in bones]]
    faces = np.asarray(template.faces)
    return faces[np.all(weights.sum(-1)[faces] > 0.5, -1)]


def closed_volume(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Volume between faces and the fan that closes their border, (...,).

    Args:
        vertices: of one or more poses, (..., vertices, 3).
        faces: with one hole.
    """
    half = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    known = set(map(tuple, half.tolist()))
    border = [a for a, b in half.tolist() if (b, a) not in known]
    # Seen from the fan's middle the fan itself holds nothing.
    middle = vertices[..., border, :].mean(-2)[..., None, :]
    a, b, c = (vertices[..., faces[:, k], :] - middle for k in range(3))
    return np.asarray(np.sum(np.cross(a, b) * c, axis=(-2, -1)) / 6.0)


def volume_changes(template: Template, angles) -> dict[str, np.ndarray]:
    """Relative change of each finger's volume from rest, one figure a pose.

    Args:
        template: the hand.
        angles: joint angles, (poses, 17, 3).
    """

    @jax.jit
    def skin(angles):
        turns = rotations_from_angles(template, angles)
        return articulate(template, rest_pose(template)._replace(rotations=turns))

    rest = np.asarray(template.vertices, np.float64)
    posed = np.stack([skin(a).vertices for a in angles]).astype(np.float64)
    changes = {}
    for finger in FINGERS:
        faces = finger_faces(template, finger)
        changes[finger] = closed_volume(posed, faces) / closed_volume(rest, faces) - 1.0
    return changes


def main() -> None:
    """Print the table over the 40 named poses."""
    template = load_template("hand_12553")
    changes = volume_changes(template, np.stack(list(poses.NAMED.values())))
    print(f"{'finger':8}{'least':>8}{'mean':>8}{'most':>8}  least in")
    for finger, change in changes.items():
        figures = "".join(f"{100 * f(change):7.1f}%" for f in (np.min, np.mean, np.max))
        print(f"{finger:8}{figures}  {list(poses.NAMED)[np.argmin(change)]}")


if __name__ == "__main__":
    main()
