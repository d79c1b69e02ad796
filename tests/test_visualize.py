"""Pictures show what they are given, where it is."""

import numpy as np
from PIL import Image

from handjax import visualize

FAR = 100.0


def dome(size=33, radius=12.0):
    """Depth of a ball in the middle of a picture of 1 mm pixels, pole at -radius."""
    x = np.arange(size) - size // 2
    squared = radius**2 - x**2 - x[:, None] ** 2
    return np.where(squared > 0, -np.sqrt(np.maximum(squared, 0)), FAR)


def paper(picture):
    return np.all(picture == visualize.PAPER, axis=-1)


def test_background_is_paper_and_near_is_lighter_than_far():
    picture = visualize.depth_to_rgb(dome(), far=FAR)
    np.testing.assert_array_equal(paper(picture), dome() >= FAR)
    brightness = picture.astype(int).sum(-1)
    assert brightness[16, 16] > brightness[16, 6]


def test_an_empty_depth_picture_is_all_paper():
    assert paper(visualize.depth_to_rgb(np.full((4, 5), FAR), far=FAR)).all()


def test_a_surface_facing_the_light_is_brighter_than_one_turned_away():
    towards, away = np.array([[[-0.35, -0.55, -0.76], [0.5, 0.5, -0.7]]], float)[0]
    bright, dark = visualize.shade(np.array([[towards, away]]))[0].astype(int)
    assert bright.sum() > dark.sum()


def test_a_sphere_is_drawn_where_it_projects_and_the_nearer_hides_the_farther():
    centres = np.array([[0.0, 0.0, 50.0], [0.0, 0.0, -50.0], [20.0, 0.0, 0.0]])
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    picture = visualize.draw_spheres(
        centres,
        np.array([8.0, 4.0, 5.0]),
        np.full(2, 0.5),
        np.full(2, 31.5),
        size=64,
        scale=2,
        colours=colours,
    )
    assert picture.shape == (128, 128, 3)
    assert picture[63, 63].argmax() == 1  # the near one, in the middle
    assert picture[63, 69].argmax() == 0  # the far one looks out behind it
    assert picture[63, 83].argmax() == 2  # 20 mm to the right
    assert paper(picture)[0, 0]


def test_joints_are_drawn_at_their_enlarged_pixels():
    blank = np.full((60, 80, 3), 250, np.uint8)
    picture = visualize.draw_joints(
        blank, np.array([[5.0, 3.0]]), scale=8, parents=None, radius=3
    )
    ink = np.argwhere(picture.sum(-1) < 400)
    # Pixel 5 reaches from 40 to 48 when each becomes eight.
    np.testing.assert_allclose(ink.mean(0) + 0.5, [28.0, 44.0], atol=0.3)


def test_enlarging_repeats_pixels():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert visualize.enlarge(picture, 3).shape == (6, 6, 3)
    np.testing.assert_array_equal(
        visualize.enlarge(picture, 3)[:3, :3], picture[:1, :1].repeat(3, 0).repeat(3, 1)
    )


def test_a_sheet_holds_its_pictures_unchanged(tmp_path):
    red = np.full((10, 20, 3), (200, 0, 0), np.uint8)
    sheet = visualize.contact_sheet(
        [[red, red], [red, red]], headings=("a", "b"), captions=("c", "d")
    )
    assert np.all(sheet == (200, 0, 0), axis=-1).sum() == 4 * 200
    path = visualize.save_png(tmp_path / "new" / "sheet.png", sheet)
    with Image.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(picture), sheet)
