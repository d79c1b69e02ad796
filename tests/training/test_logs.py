"""What a run says where there is no terminal, and what it keeps."""

import json
from pathlib import Path

import numpy as np
import pytest

from handjax.training.logs import Log
from handjax.training.meter import Meter, NotFiniteError


def test_the_log_keeps_lines_of_json_and_goes_on_in_the_same_file(tmp_path, capsys):
    for step in (5, 10):
        with Log(tmp_path, 10, since=step - 5) as log:
            log.train(step, "first", {"loss": 0.5, "samples_per_second": 64.0})
            log.evaluate(step, "first", {"mean_mm": 12.0})
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").open()]
    assert [entry["step"] for entry in entries] == [5, 5, 10, 10]
    assert entries[0]["loss"] == 0.5
    assert entries[1]["eval/mean_mm"] == 12.0
    said = capsys.readouterr().out
    assert "first 5/10  loss 0.5  64 samples/s" in said
    assert "held-out mean_mm 12" in said


def test_what_a_killed_process_noted_beyond_its_checkpoint_is_forgotten(tmp_path):
    with Log(tmp_path, 10) as log:
        for step in (4, 6, 8):
            log.train(step, "first", {"loss": float(step)})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 2, "pha')
    with Log(tmp_path, 10, since=6) as log:
        log.train(8, "first", {"loss": 80.0})
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").open()]
    assert [(entry["step"], entry["loss"]) for entry in entries] == [
        (4, 4.0),
        (6, 6.0),
        (8, 80.0),
    ]


def test_who_is_killed_while_forgetting_leaves_the_log_whole(tmp_path, monkeypatch):
    with Log(tmp_path, 10) as log:
        log.train(4, "first", {"loss": 4.0})
    noted = (tmp_path / "log.jsonl").read_text()

    def write_half(path, text):
        path.write_bytes(text.encode()[: len(text) // 2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", write_half)
        with pytest.raises(KeyboardInterrupt):
            Log(tmp_path, 10, since=4)
    assert (tmp_path / "log.jsonl").read_text() == noted
    with Log(tmp_path, 10, since=4):
        assert [path.name for path in tmp_path.glob("*.jsonl")] == ["log.jsonl"]


def test_time_left_is_told_from_the_second_reading_on(tmp_path, capsys, monkeypatch):
    clock = iter([100.0, 110.0])
    monkeypatch.setattr("handjax.training.logs.time.perf_counter", lambda: next(clock))
    with Log(tmp_path, 400) as log:
        log.train(100, "first", {"loss": 1.0})
        log.train(110, "first", {"loss": 1.0})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("--:-- left")
    assert lines[1].endswith("4:50 left")


def row(loss, rate=0.1):
    return {"loss": loss, "terms/uv": loss, "learning_rate": rate}


def add(meter, first, *rows):
    """Note the metrics of steps that went to the device together."""
    joined = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    meter.add(range(first, first + len(rows)), joined)


def test_the_meter_averages_terms_and_takes_the_latest_rate():
    meter = Meter(4)
    add(meter, 1, row(1.0, 0.4), row(2.0, 0.3))
    add(meter, 3, row(6.0, 0.2))
    means = meter.read()
    assert means == {"loss": 3.0, "terms/uv": 3.0, "learning_rate": 0.2}
    add(meter, 4, row(5.0))
    assert meter.read()["loss"] == 5.0


def test_the_meter_tells_the_pace_from_the_second_reading_on(monkeypatch):
    clock = iter([10.0, 12.0, 12.0])
    monkeypatch.setattr("handjax.training.meter.time.perf_counter", lambda: next(clock))
    meter = Meter(4)
    add(meter, 1, row(1.0))
    meter.read()
    add(meter, 2, row(1.0), row(1.0))
    assert meter.read()["samples_per_second"] == 4.0


def test_the_meter_names_the_first_term_and_step_that_broke():
    meter = Meter(4)
    add(meter, 1, row(1.0), row(1.0) | {"loss": np.nan, "terms/uv": np.nan})
    add(meter, 3, row(np.nan) | {"terms/a": np.nan})
    with pytest.raises(NotFiniteError, match="'uv' is nan at step 2"):
        meter.read()
