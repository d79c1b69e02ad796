"""Hands and folders of results for every test of the page."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from handjax.geometry import cameras
from handjax.hands.template import load_template
from handjax.predicting.inputs import Clip, Frame
from handjax.predicting.looking import Found
from handjax.predicting.outputs import Writer
from handjax.viewing import scene, state
from handjax.viewing.pictures import Eye, Window, frame_of

SIZE = 160, 120


@pytest.fixture(scope="session")
def template():
    return load_template("hand_790")


@pytest.fixture(scope="session")
def camera():
    return cameras.Pinhole(jnp.array([147.0, 147.0]), jnp.array([79.5, 59.5]))


@pytest.fixture(scope="session")
def stage(template):
    return scene.stage(template)


@pytest.fixture(scope="session")
def open_hand(template):
    """Fingers spread, a little turned, some other shape."""
    found = state.named(state.rest(template), "finger spread relaxed")
    found.angles[0] = 0.2, -0.15, 0.3
    shape = np.linspace(-0.5, 0.5, len(found.shape))
    return found._replace(shape=shape, place=np.array([-20.0, 50.0, 600.0]))


@pytest.fixture(scope="session")
def depths(template, camera, stage, open_hand):
    """Depth frames of a right and of a left hand, mm."""
    eye = Eye(camera, *SIZE, Window(0.0, 0.0, 160.0))
    frames = []
    for side in ("right", "left"):
        hand = stage(open_hand._replace(side=side))
        faces = scene.faces_of(template, side)
        frames.append(np.round(frame_of(eye, hand.vertices, faces)))
    return frames


@pytest.fixture(scope="session")
def predicted(tmp_path_factory, template, camera, stage, open_hand, depths):
    """What predict writes of these frames, had it seen the hands as they are."""
    out = tmp_path_factory.mktemp("predicted")
    clip = Clip("files", iter(()), 2, False)
    writer = Writer(out, template, (), pictures=True)
    with writer:
        for number, (side, depth) in enumerate(
            zip(("right", "left"), depths, strict=True)
        ):
            hand = stage(open_hand._replace(side=side))
            found = Found(side, hand.joints, hand.vertices, 0.9, confidence=0.75)
            frame = Frame(f"{side}_1", depth)
            writer.add(clip, number, frame, camera, found)
    numbers = {"fx_fy": [147.0, 147.0], "cx_cy": [79.5, 59.5]}
    about = {"camera": {**numbers, "width": SIZE[0], "height": SIZE[1]}}
    writer.finish({"method": "wan_spheres", **about})
    return out


@pytest.fixture(scope="session")
def originals_folder(tmp_path_factory, depths):
    """The folder that predict was given."""
    folder = tmp_path_factory.mktemp("originals")
    for side, depth in zip(("right", "left"), depths, strict=True):
        Image.fromarray(depth.astype(np.uint16)).save(folder / f"{side}_1.png")
    return folder
