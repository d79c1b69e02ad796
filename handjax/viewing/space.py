"""The scene of a page: nodes of viser that follow a hand.

viser's scene has the axes of the house, x right, y down, z forward, and 100 mm for
its unit: its lights, shadows and grid are made for things of about that size.
"""

from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float

from handjax.hands.template import Template
from handjax.viewing import scene
from handjax.viewing.measured import points_around
from handjax.viewing.scene import Scene
from handjax.viewing.session import Session, Target
from handjax.viewing.state import State
from handjax.visualize.estimates import SPHERE_COLOURS
from handjax.visualize.figures import KEYPOINT_COLOURS
from handjax.visualize.surface import SKIN

UNIT = 100.0
"""mm."""
DOT, FINE = 0.032, 0.012
"""Widths of key points and of measured points, units."""
OTHER, TRUE, APART = (45, 110, 200), (40, 150, 80), (225, 60, 50)
"""Colours of another hand, of the true one, and of what lies between two."""
GREY = (120, 124, 134)
FLOOR = np.array([0.0, 130.0, 0.0])
"""From the middle of the hand to the floor, mm."""
PARTS = {
    "surface": "surface",
    "bones": "key points and bones",
    "spheres": "41 spheres",
    "target": "hand it is compared with",
    "truth": "true joints",
    "lines": "correspondences",
    "measured": "measured depth",
    "camera": "camera",
    "floor": "floor, 100 mm a line",
}
"""What can be shown, and what it is called."""
SHOWN = {"surface", "target", "truth", "lines", "measured"}
"""What is shown to begin with."""


class Space:
    """Nodes that are moved from hand to hand.

    Args:
        api: `scene` of a viser server.
        template: a right hand.
    """

    def __init__(self, api: Any, template: Template):
        self._api, self._template = api, template
        self._weights = np.asarray(template.weights, np.float32)
        self._mesh: Any = None
        self._side = ""
        self._seen = dict.fromkeys(PARTS, False) | dict.fromkeys(SHOWN, True)
        self._nodes: dict[str, list[Any]] = {name: [] for name in PARTS}
        api.set_up_direction("-y")
        api.world_axes.visible = False

    def show(self, part: str, visible: bool) -> None:
        """Show one of `PARTS`, or don't."""
        self._seen[part] = visible
        for node in self._nodes[part]:
            node.visible = visible

    def seen(self, part: str) -> bool:
        """Whether one of `PARTS` is shown."""
        return self._seen[part]

    def draw(self, hand: Scene, state: State, target: Target | None) -> None:
        """Follow a hand."""
        self._surface(hand, state)
        self._bones("bones", hand.joints, scene.BONES, KEYPOINT_COLOURS)
        self._spheres(hand)
        if target is None:
            return
        lines = scene.between(np.array(hand.joints, np.float64), target.keypoints)
        if target.truth is not None:
            lines = scene.between(target.joints, target.truth)
        self._lines("lines", "/correspondences", lines, APART, 2.5)

    def compare(self, target: Target, session: Session) -> None:
        """Draw what the hand is compared with."""
        self._bones("target", target.joints, target.bones, OTHER)
        if target.truth is not None:
            self._bones("truth", target.truth, target.bones, TRUE)
        else:
            self._clear("truth")
        self._clear("measured")
        if target.depth is not None:
            points = points_around(target.depth, session.eye.camera, target.joints)
            node = self._api.add_point_cloud(
                "/measured",
                points=points.astype(np.float32) / UNIT,
                colors=GREY,
                point_size=FINE,
                point_shape="circle",
                precision="float32",
                visible=self._seen["measured"],
            )
            self._nodes["measured"] = [node]

    def stand(self, session: Session, middle: Float[np.ndarray, "3"]) -> None:
        """Draw the camera and the floor, the latter under the hand."""
        eye = session.eye
        focal = float(eye.camera.focal[1])
        frustum = self._api.add_camera_frustum(
            "/camera",
            fov=2.0 * np.arctan(eye.height / 2.0 / focal),
            aspect=eye.width / eye.height,
            scale=0.4,
            color=GREY,
            visible=self._seen["camera"],
        )
        floor = self._api.add_grid(
            "/floor",
            plane="xz",
            width=8.0,
            height=8.0,
            cell_size=1.0,
            section_size=1.0,
            position=tuple((middle + FLOOR) / UNIT),
            visible=self._seen["floor"],
        )
        self._nodes |= {"camera": [frustum], "floor": [floor]}

    def _surface(self, hand: Scene, state: State) -> None:
        """The skinned mesh: the browser skins it, of bones that take v to G v."""
        vertices = hand.unposed / np.float32(UNIT)
        if self._side != state.side:
            self._begin(vertices, state.side)
        elif not np.array_equal(vertices, self._mesh.vertices):
            self._mesh.vertices = vertices
        moved = zip(self._mesh.bones, hand.turns, hand.shifts / UNIT, strict=True)
        for bone, turn, shift in moved:
            bone.wxyz, bone.position = turn, shift

    def _begin(self, vertices: np.ndarray, side: str) -> None:
        self._clear("surface")
        count = self._weights.shape[1]
        self._mesh = self._api.add_mesh_skinned(
            "/hand",
            vertices,
            scene.faces_of(self._template, side),
            bone_wxyzs=np.tile([1.0, 0.0, 0.0, 0.0], (count, 1)),
            bone_positions=np.zeros((count, 3)),
            skin_weights=self._weights,
            color=SKIN,
            visible=self._seen["surface"],
        )
        self._side, self._nodes["surface"] = side, [self._mesh]

    def _spheres(self, hand: Scene) -> None:
        where = hand.centres / UNIT
        size = np.repeat(hand.radii[:, None] / UNIT, 3, axis=1)
        if self._nodes["spheres"]:
            (node,) = self._nodes["spheres"]
            node.batched_positions, node.batched_scales = where, size
            return
        vertices, faces = _ball()
        node = self._api.add_batched_meshes_simple(
            "/spheres",
            vertices,
            faces,
            batched_wxyzs=np.tile([1.0, 0.0, 0.0, 0.0], (len(where), 1)),
            batched_positions=where,
            batched_scales=size,
            batched_colors=SPHERE_COLOURS,
            visible=self._seen["spheres"],
        )
        self._nodes["spheres"] = [node]

    def _bones(self, part: str, joints: np.ndarray, pairs, colours) -> None:
        """Dots and lines between them, of joints that are known."""
        known = np.array(np.isfinite(joints).all(axis=-1))
        shades = np.broadcast_to(np.array(colours, np.uint8), (len(joints), 3))
        dots = partial(
            self._api.add_point_cloud,
            colors=shades[known],
            point_size=DOT,
            point_shape="circle",
            precision="float32",
        )
        self._put(part, f"/{part}/joints", joints[known], dots)
        ends = np.array([(a, b) for a, b in pairs if known[a] and known[b]], int)
        ends = ends.reshape(-1, 2)
        self._lines(part, f"/{part}/bones", joints[ends], shades[ends[:, 1]], 4.0)

    def _lines(self, part: str, name: str, lines: np.ndarray, colours, width) -> None:
        shades = np.array(colours, np.uint8).reshape(-1, 1, 3)
        shades = np.broadcast_to(shades, lines.shape).copy()
        made = partial(self._api.add_line_segments, colors=shades, line_width=width)
        self._put(part, name, lines, made)

    def _put(self, part: str, name: str, points: np.ndarray, make: Any) -> None:
        """Move a node's points; of another number of them it is made anew."""
        points = (points / UNIT).astype(np.float32)
        node = next((n for n in self._nodes[part] if n.name == name), None)
        if node is not None and node.points.shape == points.shape:
            node.points = points
            return
        if node is not None:
            node.remove()
            self._nodes[part].remove(node)
        if len(points):
            node = make(name, points=points, visible=self._seen[part])
            self._nodes[part].append(node)

    def _clear(self, part: str) -> None:
        for node in self._nodes[part]:
            node.remove()
        self._nodes[part] = []


def _ball() -> tuple[np.ndarray, np.ndarray]:
    """A sphere of radius 1 as a mesh."""
    import trimesh

    ball = trimesh.creation.icosphere(subdivisions=2)
    return np.asarray(ball.vertices, np.float32), np.asarray(ball.faces, np.int32)
