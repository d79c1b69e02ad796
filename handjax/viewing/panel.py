"""What stands beside the scene: pictures, sliders, choices and buttons of viser.

Names that come from files are shown as text only, never as Markdown.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any, Protocol, runtime_checkable

import numpy as np

from handjax.hands.poses import NAMED
from handjax.viewing.session import Session
from handjax.viewing.sliders import ALL, WHOLE, Slider
from handjax.viewing.space import PARTS, Space
from handjax.viewing.state import LEFT, RIGHT, State
from handjax.visualize.surface import Picture

NONE = "choose a pose"
FEW = "; too few key points to lay a hand on"
LONGEST = 120
"""Letters of a name that are shown."""


@runtime_checkable
class Doing(Protocol):
    """What the panel asks of the page."""

    session: Session
    space: Space

    def moved(self) -> None:
        """The hand is another."""

    def show(self, place: int, method: int) -> None:
        """Go to a frame."""

    def change(self, to: Callable[[], None]) -> None:
        """Do something to the session, and draw what comes of it."""

    def look(self) -> None:
        """Turn everybody's view to the hand."""

    def refine(self) -> None:
        """Begin to refine the hand, or stop."""


class Panel:
    """The panel of a page.

    Args:
        gui: of a viser server.
        page: what it asks to do things.
        sliders: of the hand.
        picture: what the camera sees to begin with.

    Attributes:
        handles: of viser, by a name.
    """

    def __init__(self, gui: Any, page: Doing, sliders: list[Slider], picture: Picture):
        self._gui, self._page, self._sliders = gui, page, sliders
        self.handles: dict[str, Any] = {}
        self._moved: list[Any] = []
        self.handles["seen"] = gui.add_image(
            picture, label="what the camera sees", format="png"
        )
        tabs = gui.add_tab_group()
        if page.session.results is not None:
            with tabs.add_tab("Frames"):
                self._frames()
        with tabs.add_tab("Hand"):
            self._hand()
        with tabs.add_tab("Refine"):
            self._refining()
        with tabs.add_tab("Show"):
            self._showing()

    def follow(self, state: State) -> None:
        """Have every slider show a hand that was not moved by them."""
        for slider, handle in zip(self._sliders, self._moved, strict=True):
            if slider.differs(state, handle.value):
                handle.value = slider.shown(state)
        if self.handles["side"].value != state.side:
            self.handles["side"].value = state.side

    def tell_frame(self) -> None:
        """Say which frame is shown."""
        session = self._page.session
        if session.frame is None:
            return
        self.handles["name"].value = session.frame.name[:LONGEST]
        self.handles["note"].value = session.frame.note + ("" if session.fits else FEW)
        found = session.results.picture(session.place) if session.results else None
        self.handles["picture"].visible = found is not None
        if found is not None:
            self.handles["picture"].image = found

    def tell_targets(self) -> None:
        """Say what the hand can be refined against."""
        against = self._page.session.against()
        self.handles["refine"].disabled = not against
        self.handles["against"].options = against or ("nothing yet",)
        if not against:
            self.tell("keep the hand, move it, and refine it back")

    def tell(self, text: str) -> None:
        """Say how refinement goes."""
        self.handles["told"].value = text

    def _frames(self) -> None:
        gui, page, results = self._gui, self._page, self._page.session.results
        assert results is not None
        last = max(results.count, 2)
        place = gui.add_slider(
            f"frame, 1 to {results.count}", 1, last, 1, 1, disabled=results.count < 2
        )
        methods = [name[:LONGEST] for name in results.methods]
        names = [f"{k + 1}. {name}" for k, name in enumerate(methods)]
        method = gui.add_dropdown("method", names, visible=len(names) > 1)
        self._text("name", "name")
        self._text("note", results.title)
        blank = np.full((8, 8, 3), 255, np.uint8)
        self.handles["picture"] = gui.add_image(
            blank, label="picture that was written", format="jpeg", visible=False
        )
        self.handles |= {"frame": place, "method": method}

        def go(_: Any) -> None:
            page.show(
                min(int(place.value), results.count) - 1, names.index(method.value)
            )

        place.on_update(go)
        method.on_update(go)

    def _hand(self) -> None:
        gui, page = self._gui, self._page
        pose = gui.add_dropdown("named pose", [NONE, *NAMED])
        side = gui.add_dropdown(
            "side", [RIGHT, LEFT], initial_value=page.session.state.side
        )
        again = gui.add_button_group("hand", ["reset", "look at it"])
        draw = gui.add_button_group("random", ["pose", "shape"])
        self.handles |= {"pose": pose, "side": side, "reset": again, "random": draw}
        pose.on_update(lambda _: page.change(lambda: self._take_pose(pose.value)))
        side.on_update(lambda _: page.change(lambda: self._turn_over(side.value)))
        again.on_click(lambda _: self._again(again.value))
        draw.on_click(lambda _: page.change(lambda: self._draw(draw.value)))
        for folder, some in groupby(self._sliders, lambda slider: slider.folder):
            with gui.add_folder(folder, expand_by_default=folder in (WHOLE, ALL)):
                for slider in some:
                    self._slider(slider)

    def _slider(self, slider: Slider) -> None:
        start = slider.shown(self._page.session.state)
        handle = self._gui.add_slider(
            slider.label, slider.low, slider.high, slider.step, start
        )
        self._moved.append(handle)
        handle.on_update(lambda _: self._slide(slider, handle.value))

    def _slide(self, slider: Slider, value: float) -> None:
        """Move the hand; sliders of the same joints follow, all others are let alone.

        A slider that somebody drags must not be set to where it was a moment ago.
        """
        session = self._page.session
        before = session.state
        if not session.move(slider, value):
            return
        after = session.state
        for other, handle in zip(self._sliders, self._moved, strict=True):
            if other is not slider and other.shown(before) != other.shown(after):
                handle.value = other.shown(after)
        self._page.moved()

    def _take_pose(self, name: str) -> None:
        if name in NAMED:
            self._page.session.take_pose(name)

    def _turn_over(self, side: str) -> None:
        session = self._page.session
        session.state = session.state._replace(side=side)

    def _again(self, what: str) -> None:
        if what == "reset":
            self._page.change(self._page.session.reset)
            self.handles["pose"].value = NONE
        else:
            self._page.look()

    def _draw(self, what: str) -> None:
        session = self._page.session
        session.random_pose() if what == "pose" else session.random_shape()

    def _refining(self) -> None:
        gui, page = self._gui, self._page
        against = gui.add_dropdown("against", page.session.against() or ["nothing yet"])
        steps = gui.add_slider("steps", 10, 200, 10, 80)
        refine = gui.add_button("Refine")
        keep = gui.add_button(
            "Keep this hand as evidence",
            hint="what the hand is then refined against: its depth and key points",
        )
        self._text("told", "progress")
        self.handles |= {"against": against, "steps": steps, "refine": refine}
        self.handles |= {"keep": keep, "history": _history(gui)}
        refine.on_click(lambda _: page.refine())
        keep.on_click(lambda _: page.change(page.session.keep))
        self.tell_targets()

    def _showing(self) -> None:
        page = self._page
        for part, label in PARTS.items():
            box = self._gui.add_checkbox(label, page.space.seen(part))
            assert part not in self.handles
            self.handles[part] = box
            box.on_update(self._toggle(part, box))

    def _toggle(self, part: str, box: Any) -> Callable[[Any], None]:
        return lambda _: self._page.space.show(part, box.value)

    def _text(self, name: str, label: str) -> None:
        self.handles[name] = self._gui.add_text(label, "", disabled=True)


def _history(gui: Any) -> Any:
    """The energy at every step, as a curve."""
    from viser import uplot

    return gui.add_uplot(
        data=(np.array([0.0, 1.0]), np.array([0.0, 0.0])),
        series=(
            uplot.Series(label="step"),
            uplot.Series(label="energy", stroke="#e13c32", width=2),
        ),
        scales={"x": uplot.Scale(time=False, auto=True), "y": uplot.Scale(auto=True)},
        title="energy",
        aspect=2.0,
        visible=False,
    )
