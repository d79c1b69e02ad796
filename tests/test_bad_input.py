"""Every kind of wrong input is answered in a line, and the page says so."""

from pathlib import Path

import pytest

from benchmarks import bad_input

PAGE = Path(__file__).parent.parent / "docs" / "bad_input.md"


@pytest.mark.parametrize("kind", bad_input.KINDS, ids=lambda kind: kind.what)
def test_wrong_input_ends_with_status_2_and_a_line(kind):
    status, said = bad_input.answer(kind)
    assert status == 2
    assert "Error" not in said
    assert len(said) > 30
    assert f"| {kind.what} | " in PAGE.read_text()
