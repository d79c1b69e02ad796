"""The page's numbers are those of the errors, and no name can break out of it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from handjax.evaluation import metrics
from handjax.evaluation.compare import Interval
from handjax.evaluation.page import Method, choose, document, pack, write_page
from tests.evaluation.pages import OURS, TRUTH, displaced, example, small

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&<!--.png"


class Elements(HTMLParser):
    """The elements of a document: tag, attributes, text."""

    def __init__(self, path):
        super().__init__()
        self.found, self.inside = [], False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        self.inside = True

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.found[-1][2] += data

    def named(self, tag):
        return [one[1:] for one in self.found if one[0] == tag]


def data_of(path):
    scripts = Elements(path).named("script")
    return next(json.loads(text) for attributes, text in scripts if "id" in attributes)


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind)


def test_curves_and_means_are_as_counted_by_hand(tmp_path):
    ours = data_of(write_page(tmp_path, small()))["methods"][0]
    # Worst joints are 3, 6, 30 and 43 mm; a joint at a threshold is not under it.
    at = {mm: ours["success"][round(mm / pack.STEP)] for mm in (3, 3.5, 30, 30.5, 43.5)}
    assert at == {3: 0.0, 3.5: 0.25, 30: 0.5, 30.5: 0.75, 43.5: 1.0}
    assert ours["pck"][6] == pytest.approx(2 / 11, abs=1e-6)
    assert ours["mean"] == pytest.approx(np.nanmean(OURS))
    assert ours["areas"] == [
        metrics.auc(OURS, 0.0, 50.0),
        metrics.auc(OURS, 20.0, 50.0),
    ]
    assert ours["joints"] == pytest.approx([35 / 3, 17.0, 15.5])


def test_the_interval_is_the_callers_where_it_has_one(tmp_path):
    e = OURS[:3]
    methods = (Method("a", e), Method("b", e, interval=Interval(9.0, 8.0, 11.5)))
    page = small(methods=methods, examples=(), truth=None)
    ours, theirs = data_of(write_page(tmp_path, page))["methods"]
    assert ours["low"] <= ours["mean"] <= ours["high"]
    assert (theirs["low"], theirs["high"]) == (8.0, 11.5)


def test_a_prediction_that_is_missing_errs_beyond_all_that_is_stored(tmp_path):
    e = np.array([[1.0, 2.0, np.inf]])
    page = small(methods=(Method("a", e),), examples=(), truth=None)
    found = data_of(write_page(tmp_path, page))["methods"][0]
    assert found["mean"] is None
    assert unpacked(found["frame_worst"], "<u2").tolist() == [pack.FINE_BEYOND]


def test_errors_of_frames_keep_a_hundredth_of_a_millimetre(tmp_path):
    ours = data_of(write_page(tmp_path, small()))["methods"][0]
    mean = pack.FINE * unpacked(ours["frame_mean"], "<u2")
    assert mean.tolist() == pytest.approx([2.0, 5.0, 20.0, 42.0])
    worst = pack.FINE * unpacked(ours["frame_worst"], "<u2")
    assert worst.tolist() == pytest.approx([3.0, 6.0, 30.0, 43.0])


def test_a_frame_without_truth_counts_nowhere(tmp_path):
    blind = np.vstack([OURS[:3], np.full(3, np.nan)])
    page = small(methods=(Method("ours", blind),), examples=(), truth=None)
    ours = data_of(write_page(tmp_path, page))["methods"][0]
    assert ours["mean"] == pytest.approx(9.0)
    assert ours["shares"] == pytest.approx([2 / 3, 2 / 3, 1.0])
    assert unpacked(ours["frame_mean"], "<u2")[-1] == pack.FINE_UNKNOWN


def test_stored_joints_are_within_half_a_step_of_what_they_were(tmp_path):
    page = small()
    poses = data_of(write_page(tmp_path, page))["poses"]
    joints = unpacked(poses["values"], "<i2").reshape(4, 3, 3, 3)
    assert unpacked(poses["frames"], "<u4").tolist() == [0, 1, 2, 3]
    unknown = joints == pack.COARSE_UNKNOWN
    assert np.argwhere(unknown.any(-1)).tolist() == [[3, 0, 0]]
    moved = pack.COARSE * joints[:3] + TRUTH.mean(axis=0)
    wanted = np.stack([page.truth, *(m.predicted for m in page.methods)], axis=1)[:3]
    np.testing.assert_allclose(moved, wanted, atol=pack.COARSE / 2 + 1e-9)


def test_where_room_is_short_the_best_and_the_worst_frames_stay():
    # 3 joints of 3 numbers of truth and two methods are 72 bytes a frame.
    poses = pack.poses(small(), room=150)
    assert unpacked(poses["frames"], "<u4").tolist() == [0, 3]
    assert pack.poses(small(), room=0)["values"] == ""


def test_8252_frames_of_three_methods_are_under_6_megabytes_with_all_their_joints(
    tmp_path,
):
    rng = np.random.default_rng(0)
    truth = rng.normal(scale=40.0, size=(8252, 14, 3))
    predicted = truth + rng.normal(scale=5.0, size=(3, *truth.shape))
    errors = np.linalg.norm(predicted - truth, axis=-1)
    page = small(
        joints=[f"joint {k}" for k in range(14)],
        methods=[Method(str(k), errors[k], predicted[k]) for k in range(3)],
        examples=(),
        truth=truth,
        frames=[f"test/depth_1_{k:07}.png" for k in range(1, 8253)],
    )
    path = write_page(tmp_path, page)
    assert len(unpacked(data_of(path)["poses"]["frames"], "<u4")) == 8252
    assert path.stat().st_size < 6e6


def test_examples_run_from_the_best_to_the_worst_known_frame():
    e = np.array([[5.0], [np.nan], [1.0], [4.0], [2.0], [3.0]])
    assert list(choose(e).values()) == [2, 4, 5, 3, 0]
    assert set(choose(e[:1]).values()) == {0}
    with pytest.raises(ValueError, match="1 frames without one: check the labels"):
        choose(e[1:2])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": ()}, r"different names; got \[\]"),
        ({"methods": (Method("a", OURS), Method("a", OURS))}, r"\['a', 'a'\]"),
        ({"methods": (Method("a", OURS[:0]),)}, "a frame or more"),
        ({"methods": (Method("a", np.full((4, 3), np.nan)),)}, "known joint.*'a'"),
        ({"methods": (Method("a", OURS[:, :2]),)}, r"errors of 'a'.*got \(4, 2\)"),
        ({"methods": (Method("a", OURS, displaced(OURS)[:2]),)}, "joints of 'a'"),
        ({"truth": displaced(OURS)[:2]}, "true joints"),
        ({"frames": ("one",)}, r"names of frames.*\(4,\).*got \(1,\)"),
        ({"bones": ((0, 3),)}, r"bones want places from 0 to 2; got \[3\]"),
        ({"examples": (example("best", 0)._replace(frame=9),)}, r"got \[9\]"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(changes, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        write_page(tmp_path, small(**changes))
    assert not list(tmp_path.iterdir())


def test_names_that_look_like_markup_stay_names(tmp_path):
    page = small(
        title=HOSTILE,
        about=((HOSTILE, HOSTILE),),
        methods=(Method(HOSTILE, OURS),),
        examples=(example(HOSTILE, 0, name=HOSTILE),),
        frames=[HOSTILE] * 4,
    )
    path = write_page(tmp_path, page)
    elements = Elements(path)
    assert [tag for tag, *_ in elements.found].count("script") == 2
    assert not elements.named("img")
    assert elements.named("title")[0][1] == HOSTILE
    assert data_of(path)["methods"][0]["name"] == HOSTILE


def test_half_a_character_in_a_name_does_not_stop_the_page(tmp_path):
    name = b"depth_\xff.png".decode(errors="surrogateescape")
    path = write_page(tmp_path, small(title=name, frames=[name] * 4))
    assert data_of(path)["names"][0] == name


def test_the_policy_lets_only_the_pages_own_script_run_and_nothing_be_fetched(tmp_path):
    elements = Elements(write_page(tmp_path, small()))
    policy = elements.named("meta")[1][0]["content"]
    assert "default-src 'none'" in policy
    assert "img-src data:;" in policy
    script = next(
        text for attributes, text in elements.named("script") if not attributes
    )
    for text in (script, elements.named("style")[0][1]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_nothing_in_the_page_asks_for_an_address(tmp_path):
    text = write_page(tmp_path, small()).read_text()
    assert not re.findall(r"""(?:src|href)\s*[=:]\s*["'`]?(?!x)https?:""", text)
    assert not re.findall(r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|@import", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {
        "http://www.w3.org/2000/svg"
    }


def colours():
    """The two colour schemes: light, then dark."""
    style = (document.ASSETS / "report.css").read_text()
    light, dark = style.split("@media screen and")[:2]
    return [dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in (light, dark)]


def luminance(colour):
    """Source: WCAG 2.2, relative luminance."""
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("scheme", colours(), ids=("light", "dark"))
def test_contrast_is_what_the_web_asks_for(scheme):
    def contrast(colour, ground):
        light, dark = sorted(map(luminance, (scheme[colour], scheme[ground])))[::-1]
        return (light + 0.05) / (dark + 0.05)

    assert all(contrast(text, "paper") > 4.5 for text in ("ink", "soft", "m4"))
    drawn = [name for name in scheme if name[0] == "m" or name == "truth"]
    assert len(drawn) == 9
    assert all(contrast(name, "faint") > 3.0 for name in drawn)
