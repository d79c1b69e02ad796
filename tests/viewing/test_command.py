"""What cannot be shown is answered in a line, with exit status 2."""

import builtins
import socket

import pytest

from handjax.__main__ import main
from handjax.data.given.frames import FrameError
from handjax.evaluation.page import write_page
from handjax.viewing import command, page
from tests.evaluation.pages import small


@pytest.fixture
def installed(monkeypatch):
    """As if viser were there: what is refused is refused before it is used."""
    monkeypatch.setattr(command, "require", lambda: None)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["nowhere"], "nowhere is not there; give the --out folder"),
        (["{empty}"], "holds no results"),
        (["--template", "hand_7"], "no template is called 'hand_7'"),
        (["--template", "nobody.glb"], "--template nobody.glb"),
        (["--pose", "wave"], "--pose wants one of neutral relaxed"),
        (["{predicted}", "--pose", "fist"], "--pose is of a hand alone"),
        (["--frames", "a.png"], "--frames wants RESULTS"),
        (["{predicted}", "--frames", "nowhere"], "no file or folder at nowhere"),
        (["{predicted}", "--frames", "{other}"], "no frame 'right_1'"),
        (["{evaluated}", "--frames", "{other}"], "results of predict"),
        (["--port", "0"], "--port wants 1 to 65535; got 0"),
        (["--port", "{taken}"], "give another --port"),
        (["--host", "256.0.0.1"], "nothing can be served at 256.0.0.1"),
    ],
)
def test_bad_arguments_are_answered_in_a_line(
    predicted, originals_folder, tmp_path, capsys, given, message
):
    other, empty, evaluated = (tmp_path / n for n in ("other", "empty", "evaluated"))
    for folder in (other, empty, evaluated):
        folder.mkdir()
    (other / "x.png").write_bytes((originals_folder / "left_1.png").read_bytes())
    write_page(evaluated, small())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        places = {"predicted": predicted, "empty": empty, "other": other}
        places |= {"evaluated": evaluated, "taken": taken.getsockname()[1]}
        words = [word.format(**places) for word in given]
        assert main(["view", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_without_viser_the_extra_is_named(monkeypatch, capsys):
    usual = builtins.__import__

    def without(name, *rest, **more):
        if name == "viser":
            raise ImportError(name)
        return usual(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(FrameError, match="handjax\\[view\\]"):
        page.require()
    assert main(["view"]) == 2
    assert "pip install 'handjax[view]'" in capsys.readouterr().err


def test_who_opens_the_page_to_others_is_told():
    assert command._is_local("127.0.0.1")
    assert command._is_local("::1")
    assert command._is_local("localhost")
    assert not command._is_local("0.0.0.0")
