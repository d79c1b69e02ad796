"""All that a page is about, without the page: a hand, and what it is compared with.

Whoever shows it reads `state`, `target` and `eye`, and is told of no change: who makes
one draws it.
"""

from collections.abc import Callable, Iterator
from threading import RLock
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from handjax.data.given.frames import FrameError
from handjax.hands.fit_joints import fit_joints
from handjax.hands.template import Template
from handjax.viewing import evidence, pictures, scene, state
from handjax.viewing.evidence import Known, Step
from handjax.viewing.pictures import Eye
from handjax.viewing.results import Frame, Results
from handjax.viewing.scene import Scene
from handjax.viewing.sliders import Slider
from handjax.viewing.state import LEFT, State
from handjax.visualize.surface import Picture

NOISE = 3.0
"""How far off key points are taken to be where a hand is laid on them, mm."""
DEPTH, KEYPOINTS = "depth", "key points"
"""What a hand is refined against."""

Read = Callable[[str], np.ndarray | None]


class Target(NamedTuple):
    """What the hand is compared with, in the camera's frame, mm; NaN where unknown.

    Attributes:
        joints: of another hand.
        bones: pairs of places in `joints`.
        keypoints: those of the 21 that they give.
        truth: true joints, None where nobody knows.
        depth: a frame that shows it, mm, None without one.
    """

    joints: Float[np.ndarray, "joints 3"]
    bones: tuple[tuple[int, int], ...]
    keypoints: Float[np.ndarray, "21 3"]
    truth: Float[np.ndarray, "joints 3"] | None
    depth: Float[np.ndarray, "height width"] | None


class Session:
    """A hand that can be moved, compared and refined.

    Args:
        template: a right hand.
        results: whose frames are shown, None without any.
        read: a frame by its name, None without any.

    Attributes:
        state: of the hand.
        target: that it is compared with, None without one.
        eye: the camera.
        pixels: the frame that is shown, None without one.
        frame: its hand, likewise.
        place, method: which frame of which method is shown.
        fits: whether the hand is laid on the frame's joints, which may be too few.
        lock: held while `state` is changed by what it was.
    """

    def __init__(
        self,
        template: Template,
        *,
        results: Results | None = None,
        read: Read | None = None,
    ):
        self.template, self.results, self._read = template, results, read
        self.state = state.rest(template)
        self.target: Target | None = None
        self.eye: Eye = pictures.usual()
        self.pixels: np.ndarray | None = None
        self.frame: Frame | None = None
        self.place, self.method, self.fits = 0, 0, True
        self.lock = RLock()
        self._build, self._drawn = scene.stage(template), 0
        if results is not None:
            self.show(0)

    def scene(self, of: State | None = None) -> Scene:
        """The hand as it stands in space."""
        return self._build(self.state if of is None else of)

    def move(self, slider: Slider, value: float) -> bool:
        """Give the hand a slider's number; whether that is news."""
        with self.lock:
            if not slider.differs(self.state, value):
                return False
            self.state = slider.move(self.state, value)
            return True

    def show(self, place: int, method: int = 0) -> None:
        """Go to a frame: its hand, laid on what was predicted, and its picture."""
        assert self.results is not None
        found = self.results.frame(place, method)
        pixels = None if self._read is None else self._read(found.name)
        depth = pixels if pixels is not None and pixels.ndim == 2 else None
        with self.lock:
            self.place, self.method = place, method
            self.frame, self.pixels = found, pixels
            self.target = Target(
                found.joints, self.results.bones, found.keypoints, found.truth, depth
            )
            self.eye = self._eye(found)
            laid = self.laid(found)
            self.fits = laid is not None
            self.state = laid or self.state._replace(side=found.side)

    def laid(self, found: Frame) -> State | None:
        """The template's hand on predicted key points; None of too few of them."""
        flip = evidence.FLIP if found.side == LEFT else 1.0
        known = np.isfinite(found.keypoints).all(axis=-1)
        y = np.where(np.expand_dims(known, 1), found.keypoints * flip, 0.0)
        try:
            fitted = fit_joints(
                self.template,
                y.astype(np.float32),
                weights=known.astype(np.float32),
                noise=NOISE,
            )
        except ValueError:
            return None
        laid = state.from_pose(self.template, fitted.pose, found.side)
        angles = np.asarray(fitted.angles, np.float64)
        angles[0] = laid.angles[0]
        return laid._replace(angles=angles)

    def take_pose(self, name: str) -> None:
        """Give the fingers one of `poses.NAMED`."""
        self.state = state.named(self.state, name)

    def random_pose(self) -> None:
        """Give the fingers a plausible pose."""
        self.state = state.random_pose(self.state, self.template, self._seed())

    def random_shape(self) -> None:
        """Give the hand the shape of somebody else's."""
        self.state = state.random_shape(self.state, self._seed())

    def reset(self) -> None:
        """Go back to the frame's hand, or to rest."""
        if self.results is not None:
            self.show(self.place, self.method)
        else:
            self.state = state.rest(self.template, self.state.side)

    def places(self) -> Float[np.ndarray, "n 3"]:
        """Where the wrists of the hands are that may be shown, mm."""
        found = [self.state.place]
        if self.results is not None and self.results.camera is not None:
            frames = (self.results.frame(k, 0) for k in range(self.results.count))
            found += [frame.keypoints[0] for frame in frames]
        return np.stack(found)

    def keep(self) -> None:
        """Make what the hand is now what it is compared with."""
        now = self.scene()
        faces = scene.faces_of(self.template, self.state.side)
        depth = pictures.frame_of(self.eye, now.vertices, faces)
        joints = np.array(now.joints, np.float64)
        self.target = Target(joints, scene.BONES, joints, None, depth)

    def against(self) -> tuple[str, ...]:
        """What the hand can be refined against, the best first."""
        if self.target is None:
            return ()
        some = np.isfinite(self.target.keypoints).all(axis=-1).any()
        depth = (DEPTH,) if self.target.depth is not None else ()
        return (*depth, *((KEYPOINTS,) if some else ()))

    def refine(self, against: str, steps: int = evidence.STEPS) -> Iterator[Step]:
        """Refine the hand; `state` follows.

        Raises:
            FrameError: there is nothing to refine it against.
        """
        known = self._known(against)
        for step in evidence.descend(self.template, self.state, known, steps):
            self.state = step.state
            yield step

    def picture(self, of: State, seen: Scene) -> Picture:
        """What the camera sees of the hand, beside its frame."""
        faces = scene.faces_of(self.template, of.side)
        return pictures.sheet(self.eye, seen.vertices, faces, self.pixels)

    def _known(self, against: str) -> Known:
        if against not in self.against():
            raise FrameError(f"there is no {against} to refine the hand against")
        assert self.target is not None
        if against == KEYPOINTS:
            return evidence.of_keypoints(self.state, self.target.keypoints)
        assert self.target.depth is not None
        camera = self.eye.camera
        return evidence.of_depth(self.template, self.state, self.target.depth, camera)

    def _seed(self) -> int:
        self._drawn += 1
        return self._drawn

    def _eye(self, found: Frame) -> Eye:
        assert self.results is not None
        if self.results.camera is None or self.results.size is None:
            return pictures.usual()
        return pictures.around(self.results.camera, self.results.size, found.joints)
