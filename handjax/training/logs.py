"""What a run tells: a line of JSON a reading, TensorBoard if installed, a bar."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

FILE = "log.jsonl"


class Log:
    """The log of one working folder and the line on the screen; a context.

    Args:
        workdir: the folder.
        steps: of the whole run.
        since: steps that the run goes on from; what was noted beyond is forgotten,
            for it will come again.
    """

    def __init__(self, workdir: str | Path, steps: int, *, since: int = 0):
        _forget(Path(workdir) / FILE, since)
        self._file = (Path(workdir) / FILE).open("a", buffering=1)
        self._board = _tensorboard(workdir, since)
        self._screen = Screen(steps)

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.close()
        self._file.close()
        if self._board:
            self._board.close()

    def train(self, step: int, phase: str, means: dict[str, float]) -> None:
        """Keep the means of some training steps and move the bar."""
        self._write(step, phase, means)
        self._screen.move(step, phase, means)

    def evaluate(
        self, step: int, phase: str, figures: dict[str, float], *, learnt: bool = False
    ) -> None:
        """Keep the figures of an evaluation and say them.

        Args:
            step: steps taken.
            phase: its name.
            figures: by name.
            learnt: whether they are of frames that it learns from.
        """
        self._write(step, phase, {f"eval/{k}": v for k, v in figures.items()})
        told = "  ".join(f"{name} {value:.3g}" for name, value in figures.items())
        frames = "learnt from:" if learnt else "held-out"
        self._screen.say(f"step {step}: {frames} {told}")

    def say(self, line: str) -> None:
        """A line for whoever watches; not kept."""
        self._screen.say(line)

    def _write(self, step: int, phase: str, values: dict[str, float]) -> None:
        entry = {"step": step, "phase": phase, "time": round(time.time(), 3), **values}
        self._file.write(json.dumps(entry) + "\n")
        if self._board:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)


class Screen:
    """A progress bar on a terminal, plain lines elsewhere."""

    def __init__(self, steps: int):
        self._console = Console(file=sys.stdout, highlight=False)
        self._steps = steps
        self._pace: tuple[float, int] | None = None
        self._bar = None
        if self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
            )
            self._bar = Progress(*columns, console=self._console, auto_refresh=False)
            self._task = self._bar.add_task("compiling", total=steps)
            self._bar.start()

    def move(self, step: int, phase: str, means: dict[str, float]) -> None:
        """Show a step with its loss, pace and time left."""
        pace = means.get("samples_per_second")
        parts = [f"{phase} {step}/{self._steps}", f"loss {means['loss']:.4g}"]
        parts += [f"{pace:.0f} samples/s"] if pace else []
        line = "  ".join([*parts, self._left(step)])
        if self._bar:
            self._bar.update(self._task, completed=step, description=line, refresh=True)
        else:
            self.say(line)

    def say(self, line: str) -> None:
        """A line of its own, above the bar where there is one."""
        self._console.print(line, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar:
            self._bar.stop()

    def _left(self, step: int) -> str:
        # From the first reading on, so that compiling is not taken for the pace;
        # evaluations are in it, since more of them will come.
        now = time.perf_counter()
        if self._pace is None or step <= self._pace[1]:
            self._pace = now, step
            return "--:-- left"
        seconds = (now - self._pace[0]) / (step - self._pace[1]) * (self._steps - step)
        minutes, seconds = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        clock = (
            f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        )
        return f"{clock} left"


def _forget(path: Path, since: int) -> None:
    """Leave out the lines of later steps, and one that a killed process cut off."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines(keepends=True):
        if line.endswith("\n") and json.loads(line)["step"] <= since:
            kept.append(line)
    # Who is killed while writing leaves the old log whole.
    beside = path.with_name(f".{path.name}")
    beside.write_text("".join(kept))
    os.replace(beside, path)


def _tensorboard(workdir: str | Path, since: int) -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(Path(workdir) / "tensorboard"), purge_step=since + 1)
