"""The page in a browser: it shows the numbers, answers, and asks no network."""

import pytest

from handjax.evaluation.page import Method, write_page
from tests.evaluation.browser import PROGRAM, Browser
from tests.evaluation.pages import OURS, THEIRS, displaced, example, picture, small

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="wants chromium on the PATH")

HOSTILE = "</script><img src=x onerror=document.title='ran'>\"'&<!--.png"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("page"), small()).as_uri()


@pytest.fixture
def opened(browser, address):
    """The small page; whatever a test does, the page must not complain of it."""
    browser.open(address)
    yield browser
    assert browser.complaints == []
    assert {one.split(":")[0] for one in browser.asked} <= {"file", "data", "about"}


def test_the_table_holds_each_methods_figures(opened):
    row = opened.text("#figures tbody tr:nth-child(1)").split(" ")
    assert row[:2] == ["ours", "15.00"]
    assert "50.00 %" in opened.text("#figures tbody tr:nth-child(1)")
    assert opened.text("#about") == "crop centre GROUND TRUTH"
    assert opened.text("#comparisons") == "ours errs 1.00 mm less than theirs"


def test_published_means_stand_among_ours_in_their_order(opened):
    rows = opened.text("#published tbody")
    assert rows.index("Elder") < rows.index("ours") < rows.index("theirs")
    assert "Elder et al. 2015 12.34" in rows


def test_pointing_at_a_curve_shows_every_methods_value_there(opened):
    x, y = opened.where("#success svg", 0.0)
    width = opened.run("document.querySelector('#success svg').clientWidth")
    # 38 pixels for the numbers on the left, 14 free on the right.
    opened.mouse("mouseMoved", x + 38 + (width - 52) * 30.5 / 80, y)
    opened.settle()
    assert "under 30.5 mm" in opened.text("#readout")
    assert "ours 75.00 % 81.82 %" in opened.text("#readout")
    assert "theirs 50.00 %" in opened.text("#readout")


def test_the_keys_move_the_threshold_and_say_where_it_is(opened):
    opened.run("document.querySelector('#pck svg').focus()")
    opened.press("ArrowRight", "PageDown")
    spoken = opened.run("document.activeElement.getAttribute('aria-valuetext')")
    assert spoken.startswith("25.5 mm: ours 72.73")


def test_the_address_may_name_a_threshold_and_a_frame(opened, address):
    opened.open(f"{address}#t=5.5&frame=3")
    assert opened.text("#readout caption") == "under 5.5 mm"
    assert "frame 3 3 of 4 frames" in opened.text("#frame")


def test_a_click_in_the_legend_hides_a_method_everywhere_and_shows_it_again(opened):
    count = (
        "['#success', '#errors', '#joints thead .method'].map((s) => s[1] === 'j' ? "
    )
    count += "document.querySelectorAll(s).length : "
    count += "document.querySelectorAll(s + ' .curve').length)"
    assert opened.run(count) == [2, 2, 2]
    opened.click("#readout tbody tr:nth-child(2) button")
    assert opened.run(count) == [1, 1, 1]
    opened.click("#readout tbody tr:nth-child(2) button")
    assert opened.run(count) == [2, 2, 2]


def test_the_hand_turns_under_the_mouse_and_the_keys(opened):
    angles = (
        "(({ yaw, pitch }) => [yaw, pitch].map(Number))"
        "(document.querySelector('canvas').dataset)"
    )
    opened.click("#skeleton .choice:nth-child(2)")
    assert opened.run(angles) == [0.0, 0.0]
    x, y = opened.where("canvas", 0.4)
    opened.mouse("mousePressed", x, y, held=True)
    opened.mouse("mouseMoved", x + 40, y + 20, held=True)
    opened.mouse("mouseReleased", x + 40, y + 20)
    assert opened.run(angles) == pytest.approx([-0.4, 0.2])
    opened.run("document.querySelector('canvas').focus()")
    opened.press("ArrowLeft", "ArrowUp")
    assert opened.run(angles) == pytest.approx([-0.28, 0.08])


def test_a_joint_under_the_mouse_says_its_name_and_how_far_off_it_is(opened):
    opened.click("#examples button:nth-child(2)")
    opened.click("#skeleton .choice:nth-child(2)")
    opened.click("#frame tbody tr:nth-child(1) button")
    # Frame 3: two known joints, the upper one is the tip, 43 mm behind its truth.
    found = set()
    for part in range(20):
        opened.mouse("mouseMoved", *opened.where("canvas", 0.5, part / 20))
        found.add(opened.text("#turning"))
    assert "middle_tip, ours: 43.0 mm off" in found


def test_an_example_brings_its_picture_and_other_frames_are_drawn_too(opened):
    assert opened.run("document.querySelector('#picture img').naturalWidth") == 40
    assert "ours 2.00 3.00" in opened.text("#frame")
    opened.click("#examples button:nth-child(2)")
    assert opened.run("document.querySelector('#picture img')") is None
    assert "ours 42.00 43.00" in opened.text("#frame")
    opened.run("document.querySelector('#errors input').focus()")
    opened.press("ArrowLeft")
    assert "ours 20.00 30.00" in opened.text("#frame")
    assert opened.text("#turning").startswith("Drag")


def test_the_order_of_frames_follows_the_choice(opened):
    opened.click("#order .choice:nth-of-type(2)")
    assert opened.text("#errors svg .title") == "Worst error of the frame's joints, mm"
    opened.run(
        "(() => { const order = document.querySelector('#order select');"
        "order.value = ''; order.dispatchEvent(new Event('change')); })()"
    )
    assert "frame, as recorded" in opened.text("#errors svg")


@pytest.mark.parametrize("width", [360, 820, 1400])
def test_nothing_runs_over_the_edge_of_the_window(opened, address, width):
    opened.open(address, width=width)
    assert opened.run("document.documentElement.scrollWidth") == width


def test_a_dark_scheme_is_obeyed_but_not_on_paper(opened, address):
    ground = "getComputedStyle(document.body).backgroundColor"
    opened.open(address, dark=True)
    assert opened.run(ground) == "rgb(20, 23, 26)"
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run(ground) == "rgb(252, 252, 250)"


def test_names_that_look_like_markup_are_shown_and_do_not_run(browser, tmp_path):
    page = small(
        title=HOSTILE,
        about=((HOSTILE, HOSTILE),),
        joints=(HOSTILE,) * 3,
        methods=(Method(HOSTILE, OURS, displaced(OURS)), Method("b", THEIRS)),
        published=((HOSTILE, 1.0, HOSTILE),),
        comparisons=(HOSTILE,),
        examples=(example(HOSTILE, 0, name=HOSTILE, overlay=picture()),),
        frames=(HOSTILE,) * 4,
    )
    folder = tmp_path / "a ?#%b"
    folder.mkdir()
    browser.open(write_page(folder, page).as_uri())
    assert browser.run("document.title") == HOSTILE
    parts = ("#about", "#comparisons", "#joints", "#published", "#readout", "#frame")
    assert all(HOSTILE in browser.text(part) for part in (*parts, "h1", "#examples"))
    assert browser.run("document.querySelectorAll('[onerror]').length") == 0
    assert browser.complaints == []


def test_a_script_that_got_in_would_not_run_and_could_reach_nobody(browser, address):
    browser.open(address)
    browser.run(
        "document.body.append(Object.assign(document.createElement('script'),"
        "{ textContent: 'document.title = 1' })); new Image().src = 'http://[::1]/'"
    )
    assert browser.run("fetch('http://[::1]/').catch((error) => error.name)")
    assert browser.run("document.title") == "Ours on four frames"
    said = [one["entry"]["text"] for one in browser.complaints if "entry" in one]
    assert sum("Content Security Policy" in text for text in said) >= 3


def test_a_page_of_one_frame_and_method_and_nothing_else_is_whole(browser, tmp_path):
    bare = small(methods=(Method("ours", OURS[:1]),), published=(), comparisons=())
    path = write_page(tmp_path, bare._replace(examples=(), truth=None))
    browser.open(path.as_uri())
    assert "ours 2.00 3.00" in browser.text("#frame")
    assert browser.text("#turning") == "The joints of this frame are not in the page."
    assert browser.run("document.querySelector('#problem').hidden") is True
    assert browser.complaints == []
