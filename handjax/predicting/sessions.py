"""What a clip remembers from frame to frame: the hand's side, and how it moved."""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from handjax.data.given.frames import FrameError
from handjax.geometry import cameras
from handjax.geometry.cameras import Pinhole
from handjax.predicting import smoothing
from handjax.predicting.looking import Found, Hint

DECIDED = 5
"""Frames of a clip after which its hand's side is no longer asked for."""

SHORTEST = 1e-3
"""Between two frames, seconds."""

Look = Callable[[Any, Pinhole, Sequence[str], Hint], list[Found]]


class Session:
    """A clip's frames, one after another.

    Args:
        look: `looking.in_depth` or `in_colour` of a method.
        sides: that the hand may be of.
        hint: what the user knows of where it is.
        ordered: whether frames follow one another.
        fps: frames a second where they are to be smoothed, else None.
        least: confidence below which nothing is said of a hand.
        settings: of the smoothing.
    """

    def __init__(
        self,
        look: Look,
        sides: Sequence[str],
        hint: Hint,
        *,
        ordered: bool,
        fps: float | None,
        least: float = 0.0,
        settings: smoothing.Settings | None = None,
    ):
        self._look, self._hint = look, hint
        self._ordered, self._fps, self._least = ordered, fps, least
        self._settings = settings or smoothing.Settings()
        self._total = dict.fromkeys(sides, 0.0)
        self._seen, self._time = 0, 0
        self._last: tuple[str, float, smoothing.Memory] | None = None
        self._before: np.ndarray | None = None

    def skip(self) -> None:
        """A frame that could not be used: time goes on."""
        self._time += 1
        self._before = None

    def see(
        self, pixels: np.ndarray, camera: Pinhole, at: float | None = None
    ) -> Found:
        """The hand in the next frame.

        Args:
            pixels: of it.
            camera: that took it.
            at: when, seconds, where frames know; else they are equally far apart.

        Raises:
            FrameError: there is none, or none to rely on; time goes on.
        """
        hint = self._hint._replace(before=self._before)
        try:
            found = self._choose(self._look(pixels, camera, self._sides(), hint))
        finally:
            self.skip()
        if found.confidence is not None and found.confidence < self._least:
            raise FrameError(
                f"no hand to rely on: confidence {found.confidence:.2f}, below "
                f"--min-confidence {self._least:g}"
            )
        found = self._smooth(found, at)
        if self._ordered:
            x = jnp.asarray(found.joints, jnp.float32)
            self._before = np.asarray(cameras.project(camera, x))
        return found

    def _sides(self) -> Sequence[str]:
        if not self._ordered or self._seen < DECIDED:
            return list(self._total)
        return [max(self._total, key=lambda side: self._total[side])]

    def _choose(self, each: list[Found]) -> Found:
        """The side that was surer of the hand, of a clip in all frames until now."""
        self._seen += 1
        if not self._ordered:
            return max(each, key=lambda found: found.score)
        for found in each:
            self._total[found.side] += found.score
        return max(each, key=lambda found: self._total[found.side])

    def _smooth(self, found: Found, at: float | None) -> Found:
        """Key points and surface by one filter; a hand of the other side is another."""
        if self._fps is None:
            return found
        points = np.concatenate([found.joints, found.vertices])
        now = self._time / self._fps if at is None else at
        if self._last is None or self._last[0] != found.side:
            memory = smoothing.begin(points)
        else:
            # Broken files have pictures of one time, or of none.
            period = max(now - self._last[1], SHORTEST)
            memory = smoothing.step(self._last[2], points, period, self._settings)
        self._last = found.side, now, memory
        # Who keeps the key points of a long video must not keep all its surfaces.
        joints = memory.position[: len(found.joints)].copy()
        return found._replace(
            joints=joints, vertices=memory.position[len(found.joints) :]
        )
