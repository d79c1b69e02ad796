"""The page in a browser: it is drawn, it answers, and asks nobody but this machine."""

import io
import time
from urllib.parse import urlparse

import numpy as np
import pytest
from PIL import Image

from handjax.viewing.page import Page
from handjax.viewing.session import Session
from tests.evaluation import browser as driven
from tests.viewing.test_page import free_port, slider

pytest.importorskip("viser", reason="the page wants viser, of the extra `view`")
pytestmark = pytest.mark.skipif(
    driven.PROGRAM is None, reason="wants chromium on the PATH"
)

GRAPHICS = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
PATIENCE = 60.0


@pytest.fixture(scope="module")
def page(template):
    made = Page(Session(template), host="127.0.0.1", port=free_port())
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory, page):
    switches = tuple(s for s in driven.SWITCHES if s != "--disable-gpu")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driven, "SWITCHES", (*switches, *GRAPHICS))
        found = driven.Browser(tmp_path_factory.mktemp("profile"))
    found.open(f"http://127.0.0.1:{page.server.get_port()}", width=1200, height=800)
    until(lambda: page.server.get_clients())
    yield found
    found.close()


def until(done):
    end = time.monotonic() + PATIENCE
    while not (found := done()):
        assert time.monotonic() < end, "the page does not get there"
        time.sleep(0.2)
    return found


def scene(browser, tmp_path):
    """What stands left of the panel."""
    browser.picture(tmp_path / "page.png")
    with Image.open(io.BytesIO((tmp_path / "page.png").read_bytes())) as image:
        return np.asarray(image.convert("RGB"))[:, :700].astype(int)


def skin(picture):
    """Pixels that are warmer than they are cold."""
    return (picture[..., 0] - picture[..., 2] > 20).mean()


def test_a_hand_is_seen_and_its_sliders_have_their_names(browser, tmp_path):
    until(lambda: skin(scene(browser, tmp_path)) > 0.02)
    text = browser.run("document.body.innerText")
    for name in ("Hand", "Refine", "named pose", "tilt, °", "All fingers"):
        assert name in text


def test_who_moves_the_hand_sees_it_moved(browser, page, tmp_path):
    until(lambda: skin(scene(browser, tmp_path)) > 0.02)
    before = scene(browser, tmp_path)
    slider(page, "All fingers", "flexion").value = 90.0
    assert page.settle()
    until(
        lambda: (np.abs(scene(browser, tmp_path) - before).max(-1) > 40).mean() > 0.01
    )


def test_nothing_is_asked_of_anybody_else(browser, page):
    hosts = {urlparse(one).hostname for one in browser.asked if "://" in one}
    assert hosts <= {"127.0.0.1", None}
    assert page.server.get_clients()
