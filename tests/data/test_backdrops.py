"""Banks of backgrounds: photographs as they are, faults by name, drawn ones once."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from handjax.data import backdrops
from handjax.render import backgrounds, photograph


def write(path, pixels, **options):
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)


def light(bank):
    """What a bank's bytes stand for, as sRGB in 255ths."""
    linear = backgrounds.as_light(jnp.asarray(bank))
    return 255.0 * np.asarray(photograph.encode(linear))


def test_photographs_of_any_size_and_depth_of_folder_become_squares(tmp_path):
    (tmp_path / "trip").mkdir()
    write(tmp_path / "a.png", np.full((40, 90, 3), (200, 100, 10)))
    write(tmp_path / "trip" / "b.JPG", np.full((77, 33, 3), 128), quality=95)
    write(tmp_path / "trip" / "grey.jpeg", np.full((8, 8), 60), quality=95)
    (tmp_path / "notes.txt").write_text("not a photograph")
    bank = backdrops.load_bank(str(tmp_path), edge=16)
    assert bank.shape == (3, 16, 16, 3)
    assert bank.dtype == jnp.uint8
    seen = light(bank)
    np.testing.assert_allclose(seen[0, 5, 5], (200, 100, 10), atol=1.0)
    np.testing.assert_allclose(seen[1], 128, atol=2.0)
    np.testing.assert_allclose(seen[2], 60, atol=2.0)


def test_the_middle_square_is_kept_upright(tmp_path):
    wide = np.zeros((20, 60, 3))
    wide[:10, 20:40] = 255
    wide[:, :20] = wide[:, 40:] = (255, 0, 0)
    write(tmp_path / "wide.png", wide)
    kept = backdrops.read_square(tmp_path / "wide.png", 20)
    assert (kept[:9] == 255).all()
    assert (kept[11:] == 0).all()


def test_a_photograph_lying_on_its_side_is_set_upright(tmp_path):
    lying = np.zeros((32, 32, 3), np.uint8)
    lying[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise shows it as it was taken
    Image.fromarray(lying).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    kept = backdrops.read_square(tmp_path / "phone.jpg", 16)
    assert kept[2].min() > 240
    assert kept[-2].max() < 15


def test_what_can_not_be_read_is_named_and_left_out(tmp_path):
    write(tmp_path / "good.png", np.full((9, 9, 3), 77))
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "short.png").write_bytes(whole[: len(whole) // 2])
    with pytest.warns(UserWarning, match="left out of the backgrounds") as said:
        bank = backdrops.read_bank(tmp_path, count=9, edge=4)
    assert len(bank) == 1
    told = " ".join(str(one.message) for one in said)
    assert "torn.jpg" in told
    assert "short.png" in told
    assert "good.png" not in told


def test_a_picture_too_large_to_be_one_is_named_before_it_is_decoded(
    tmp_path, monkeypatch
):
    write(tmp_path / "vast.png", np.zeros((30, 30, 3)))
    monkeypatch.setattr(backdrops, "LARGEST", 899)
    with pytest.raises(ValueError, match=r"vast.png has 30 x 30 pixels, more than 899"):
        backdrops.read_square(tmp_path / "vast.png", 8)


def test_sixteen_bits_are_refused_rather_than_shown_white(tmp_path):
    Image.fromarray(np.full((8, 8), 3000, np.uint16)).save(tmp_path / "depth.png")
    with pytest.raises(ValueError, match=r"depth.png wants 8 bits a channel"):
        backdrops.read_square(tmp_path / "depth.png", 8)


def test_a_folder_without_photographs_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match=r"no photographs .* name a folder"):
        backdrops.read_bank(tmp_path, count=4, edge=8)
    with pytest.raises(ValueError, match="no folder of backgrounds at"):
        backdrops.read_bank(tmp_path / "away", count=4, edge=8)
    (tmp_path / "only.png").write_bytes(b"nothing")
    with (
        pytest.warns(UserWarning, match="only.png"),
        pytest.raises(ValueError, match=r"no photograph in .* can be read"),
    ):
        backdrops.read_bank(tmp_path, count=4, edge=8)
    with pytest.raises(ValueError, match="1 background or more, got 0"):
        backdrops.load_bank("", count=0)


def test_of_many_photographs_some_are_taken_from_all_over_the_folder(tmp_path):
    for k in range(11):
        write(tmp_path / f"{k:02}.png", np.full((4, 4, 3), 20 * k))
    bank = backdrops.read_bank(tmp_path, count=3, edge=4)
    np.testing.assert_allclose(light(bank)[:, 0, 0, 0], [0, 100, 200], atol=1.0)


def test_drawn_backgrounds_differ_are_held_once_and_are_bytes():
    bank = backdrops.load_bank("", count=3, edge=12)
    assert backdrops.load_bank("", count=3, edge=12) is bank
    assert bank.shape == (3, 12, 12, 3)
    assert bank.dtype == jnp.uint8
    apart = np.abs(np.asarray(bank[0], int) - np.asarray(bank[1], int))
    assert apart.mean() > 2.0
