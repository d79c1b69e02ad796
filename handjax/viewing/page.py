"""The live page: a server of viser on this machine, and what happens on it."""

import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from threading import Event, Lock
from types import ModuleType
from typing import Any

import numpy as np

from handjax.data.given.frames import FrameError
from handjax.viewing import sliders
from handjax.viewing.latest import Latest
from handjax.viewing.panel import Panel
from handjax.viewing.session import Session
from handjax.viewing.space import UNIT, Space

SCENES, PICTURES = 1.0 / 30.0, 1.0 / 6.0
"""Seconds from one scene, and from one picture, to the next."""
STEP = 1.0 / 25.0
"""Seconds that a step of a refinement is shown."""
VIEW = np.array([-0.9, -0.55, -3.4])
"""Where the page is looked at from, beside the hand's middle, units of the scene."""
OPENING = 0.75
"""Of the page's view, radians."""
BRAND = (205, 96, 84)


def require() -> ModuleType:
    """viser.

    Raises:
        FrameError: it is not installed.
    """
    try:
        import viser  # pyright: ignore[reportMissingImports]
    except ImportError as wrong:
        raise FrameError("the page wants viser: pip install 'handjax[view]'") from wrong
    return viser


class Page:
    """A page that serves a session until it is closed.

    Args:
        session: what is shown.
        host, port: where it is served.

    Attributes:
        server: of viser.
    """

    def __init__(self, session: Session, *, host: str, port: int):
        self.session = session
        # viser prints where it is; the command does too.
        with redirect_stdout(io.StringIO()):
            self.server: Any = require().ViserServer(
                host=host, port=port, label="handjax", verbose=False
            )
        self._running, self._stop, self._drawn = Lock(), Event(), Lock()
        self.space = Space(self.server.scene, session.template)
        self._furnish()
        start = session.scene()
        made = sliders.of(session.template, session.places())
        picture = session.picture(session.state, start)
        self.panel = Panel(self.server.gui, self, made, picture)
        if not session.fits:
            self.panel.handles["surface"].value = False
        self.draw()
        self._compare()
        self.panel.tell_frame()
        self._scenes = Latest(self.draw, SCENES)
        self._pictures = Latest(self.take_picture, PICTURES)
        self._wanted = session.place, session.method
        self._frames = Latest(self._turn_to, 0.0)

    def draw(self) -> None:
        """Have the scene follow the hand."""
        with self._drawn:
            state = self.session.state
            hand = self.session.scene(state)
            with self.server.atomic():
                self.space.draw(hand, state, self.session.target)
        self.server.flush()

    def take_picture(self) -> None:
        """Have the picture follow the hand."""
        state = self.session.state
        picture = self.session.picture(state, self.session.scene(state))
        self.panel.handles["seen"].image = picture

    def moved(self) -> None:
        """Draw the hand soon, and its picture when there is time."""
        self._scenes.ask()
        self._pictures.ask()

    def change(self, to: Callable[[], None]) -> None:
        """Do something to the session, and draw what comes of it."""
        with self.session.lock:
            target, frame = self.session.target, self.session.frame
            to()
        self.panel.follow(self.session.state)
        if self.session.target is not target:
            self._compare()
        if self.session.frame is not frame:
            self.panel.tell_frame()
        self.moved()

    def show(self, place: int, method: int) -> None:
        """Go to a frame, soon; of many the last one is shown."""
        self._wanted = place, method
        self._frames.ask()

    def look(self) -> None:
        """Turn everybody's view to the hand."""
        middle = self._middle()
        for client in self.server.get_clients().values():
            with client.atomic():
                client.camera.position = middle + VIEW
                client.camera.look_at = middle

    def refine(self) -> None:
        """Begin to refine the hand, or stop."""
        if not self._running.acquire(blocking=False):
            self._stop.set()
            return
        button = self.panel.handles["refine"]
        try:
            self._stop.clear()
            button.label = "Stop"
            self._descend()
        except FrameError as wrong:
            self.panel.tell(str(wrong))
        finally:
            button.label = "Refine"
            self._running.release()

    def settle(self) -> bool:
        """Wait until all that was asked for is drawn; whether it is."""
        workers = self._frames, self._scenes, self._pictures
        return all(worker.settle() for worker in workers)

    def close(self) -> None:
        """Serve no longer."""
        self._stop.set()
        for worker in (self._frames, self._scenes, self._pictures):
            worker.end()
        self.server.stop()

    def _descend(self) -> None:
        """Every step of a refinement, drawn as it comes."""
        handles, energies = self.panel.handles, []
        against, steps = handles["against"].value, int(handles["steps"].value)
        self.panel.tell("compiling")
        for step in self.session.refine(against, steps):
            began = time.monotonic()
            energies.append(step.energy)
            self.draw()
            self._pictures.ask()
            self.panel.tell(f"step {step.number} of {steps}, energy {step.energy:.2f}")
            if self._stop.wait(max(0.0, STEP - (time.monotonic() - began))):
                break
        self.panel.follow(self.session.state)
        best = min(energies)
        self.panel.tell(f"energy {energies[0]:.2f} at first, {best:.2f} at best")
        history = handles["history"]
        history.data = np.arange(len(energies), dtype=float), np.array(energies)
        history.visible = True
        self.moved()

    def _turn_to(self) -> None:
        """Show the frame that was wanted last."""
        wanted = self._wanted
        if wanted != (self.session.place, self.session.method):
            self._stop.set()
            self.change(lambda: self.session.show(*wanted))

    def _compare(self) -> None:
        if self.session.target is not None:
            self.space.compare(self.session.target, self.session)
        self.panel.tell_targets()

    def _middle(self) -> np.ndarray:
        """Of the hand, units of the scene."""
        return np.asarray(self.session.scene().joints, np.float64).mean(axis=0) / UNIT

    def _furnish(self) -> None:
        """Light, view, floor, and a panel that asks nothing of the network."""
        self.server.gui.configure_theme(
            control_width="large",
            show_logo=False,
            show_share_button=False,
            brand_color=BRAND,
        )
        self.server.gui.main_panel.dock_right()
        middle = self._middle()
        view = self.server.initial_camera
        view.position, view.look_at = middle + VIEW, middle
        view.fov = OPENING
        self.space.stand(self.session, UNIT * middle)
