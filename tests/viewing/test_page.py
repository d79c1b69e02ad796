"""The page through viser's own handles: what they show, and what they set off."""

import socket
import time

import numpy as np
import pytest

from handjax.viewing import originals, results, space
from handjax.viewing.page import Page
from handjax.viewing.session import DEPTH, KEYPOINTS, Session

viser = pytest.importorskip("viser", reason="the page wants viser, of the extra `view`")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def served(session):
    page = Page(session, host="127.0.0.1", port=free_port())
    return page


@pytest.fixture(scope="module")
def page(template, predicted, originals_folder):
    found = results.open_folder(predicted)
    read = originals.open_frames([originals_folder], "mm")
    made = served(Session(template, results=found, read=read))
    yield made
    made.close()


@pytest.fixture(scope="module")
def alone(template):
    made = served(Session(template))
    yield made
    made.close()


def drag(handle, value):
    """What a hand at the page does: a new value, and the callbacks that it sets off."""
    handle.value = value


def press(handle):
    for call in handle._impl.update_cb:
        call(None)


def slider(page, folder, label):
    for found, handle in zip(page.panel._sliders, page.panel._moved, strict=True):
        if found.folder == folder and found.label.startswith(label):
            return handle
    raise AssertionError(label)


def test_a_slider_moves_the_mesh_and_the_sliders_of_the_same_joints(alone):
    joint, whole = (
        slider(alone, "Index finger", label) for label in ("PIP flexion", "flexion")
    )
    bones = alone.space._mesh.bones
    before = np.array(bones[6].wxyz)
    drag(whole, 50.0)
    assert alone.settle()
    assert joint.value == pytest.approx(52.0, abs=1.0)
    assert not np.allclose(bones[6].wxyz, before)
    np.testing.assert_allclose(bones[6].wxyz, alone.session.scene().turns[6], atol=1e-6)
    drag(joint, 100.0)
    assert alone.settle()
    assert whole.value > 55.0
    press(alone.panel.handles["reset"])
    assert alone.settle()
    assert whole.value == 0.0


def test_a_shape_slider_sends_another_surface(alone):
    before = np.array(alone.space._mesh.vertices)
    drag(slider(alone, "Shape", "size"), 2.0)
    assert alone.settle()
    after = np.array(alone.space._mesh.vertices)
    assert np.ptp(after[:, 1]) > 1.05 * np.ptp(before[:, 1])
    press(alone.panel.handles["reset"])
    assert alone.settle()
    np.testing.assert_allclose(alone.space._mesh.vertices, before, atol=1e-6)


def test_poses_sides_and_chance_move_the_sliders(alone):
    handles = alone.panel.handles
    drag(handles["pose"], "fist")
    assert alone.settle()
    assert slider(alone, "All fingers", "flexion").value > 70.0
    drag(handles["side"], "left")
    assert alone.settle()
    assert alone.session.state.side == "left"
    drag(handles["side"], "right")
    handles["random"].value = "shape"
    press(handles["random"])
    assert alone.settle()
    assert slider(alone, "Shape", "size").value != 0.0
    press(handles["reset"])


def test_the_camera_s_picture_follows(alone):
    image = alone.panel.handles["seen"]
    before = np.array(image.image)
    drag(slider(alone, "Whole hand", "x right"), 60.0)
    assert alone.settle()
    assert (np.array(image.image) != before).mean() > 0.02
    press(alone.panel.handles["reset"])


def test_boxes_show_and_hide_each_part(page):
    # What nobody predicted has no truth.
    for part in set(space.PARTS) - {"truth"}:
        box = page.panel.handles[part]
        assert page.space._nodes[part], part
        for visible in (not box.value, box.value):
            drag(box, visible)
            assert {node.visible for node in page.space._nodes[part]} == {visible}


def test_a_frame_brings_its_hand_name_and_pictures(page):
    handles = page.panel.handles
    drag(handles["frame"], 2)
    assert page.settle()
    assert page.session.state.side == handles["side"].value == "left"
    assert handles["name"].value == "left_1"
    assert "confidence 0.75" in handles["note"].value
    assert handles["picture"].visible
    assert np.array(handles["picture"].image).shape[0] > 400
    assert tuple(handles["against"].options) == (DEPTH, KEYPOINTS)
    shown = page.space._nodes["target"][0].points * space.UNIT
    np.testing.assert_allclose(shown, page.session.frame.joints, atol=0.1)
    drag(handles["frame"], 1)
    assert page.settle()
    assert handles["name"].value == "right_1"


def test_correspondences_lead_from_the_hand_to_what_was_predicted(page):
    press(page.panel.handles["reset"])
    drag(slider(page, "Whole hand", "x right"), 30.0)
    assert page.settle()
    (lines,) = page.space._nodes["lines"]
    ends = np.asarray(lines.points) * space.UNIT
    np.testing.assert_allclose(ends[:, 0], page.session.scene().joints, atol=0.1)
    np.testing.assert_allclose(ends[:, 1], page.session.frame.joints, atol=0.1)
    press(page.panel.handles["reset"])
    assert page.settle()


def test_refinement_shows_its_steps_and_moves_the_sliders(page):
    handles = page.panel.handles
    drag(handles["frame"], 1)
    drag(slider(page, "Whole hand", "x right"), 0.0)
    drag(handles["steps"], 20)
    told = []
    tell, page.panel.tell = page.panel.tell, told.append
    press(handles["refine"])
    page.panel.tell = tell
    assert page.settle()
    assert [text.split(",")[0] for text in told[1:-1]] == [
        f"step {k} of 20" for k in range(21)
    ]
    steps, energies = handles["history"].data
    assert len(steps) == 21
    assert energies[-1] == min(energies) < energies[0]
    assert handles["refine"].label == "Refine"
    shown = slider(page, "Whole hand", "x right").value
    assert shown == pytest.approx(page.session.scene().joints[0, 0], abs=0.6)
    assert shown < -10.0  # where the frame has it


def test_a_second_press_ends_a_refinement(page):
    handles = page.panel.handles
    drag(handles["steps"], 200)
    seen = []

    def tell(text):
        seen.append(text)
        if len(seen) == 4:
            press(handles["refine"])

    usual, page.panel.tell = page.panel.tell, tell
    press(handles["refine"])
    page.panel.tell = usual
    assert 3 < len(seen) < 20


def test_a_kept_hand_is_what_another_is_compared_with(alone):
    handles = alone.panel.handles
    assert handles["refine"].disabled
    press(handles["keep"])
    assert alone.settle()
    assert not handles["refine"].disabled
    assert alone.space._nodes["target"]
    assert alone.space._nodes["measured"][0].points.shape[0] > 1000


def test_the_scene_is_one_file_for_who_wants_to_keep_it(page):
    content = page.server.get_scene_serializer().serialize()
    assert len(content) > 20_000


def test_the_page_is_served_to_this_machine_alone(alone):
    assert alone.server.get_host() == "127.0.0.1"
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", alone.server.get_port()), 5.0) as there:
        there.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert there.recv(64).startswith(b"HTTP/1.1 200")
    assert time.monotonic() - began < 5.0
