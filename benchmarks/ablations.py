"""A paper's table of ablations: train each row, test it, print the table.

    PYTHONPATH=. python benchmarks/ablations.py --size small --init wan_spheres \\
        --out runs/table1
    ... --rows multi_view without_vae --seeds 0 1 2

Every row starts from --init and trains what the config's variant `adapt` leaves as its
row of `ROWS` says: the last phase, and of the weak rows of graph_cnn the one before it;
rows that say otherwise train from the beginning, or start from another row's run, which
is then made too. With --begun those that train from the beginning share a run of what
comes before their last phase. What is done already in --out is not done again: the same
command goes on where it stopped. Writes table.txt, table.json and figures.png, the
success curves of the config's `FIGURES`: of the joints that its `MEASURED` names first,
or of --measure.
"""

import argparse
import json
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import numpy as np
from absl import logging
from ml_collections import ConfigDict

import evaluate
import train
from handjax import training, weights
from handjax.data import studio
from handjax.evaluation import compare, metrics
from handjax.experiment import assemble
from handjax.training import configs

ROOT = Path(__file__).parent.parent


class Table(NamedTuple):
    """What was asked for.

    Attributes:
        page: the config's module, with `ROWS` and `FIGURES`.
        chosen: the command line.
    """

    page: Any
    chosen: argparse.Namespace

    def folder(self, row: str, seed: int) -> Path:
        """Where a row's run and its evaluation are."""
        return self.chosen.out / f"{row}_{seed}"

    @property
    def usual(self) -> str | None:
        """The joint set of the paper's figures; None for what evaluate.py has first."""
        return next(iter(getattr(self.page, "MEASURED", ())), None)

    @property
    def measured(self) -> str | None:
        """The joint set that was asked for."""
        return self.chosen.measure or self.usual

    def studio(self) -> str:
        """The capture's version, of depth or of colour."""
        in_colour = studio.in_colour(self.page.get_config(self.chosen.size).studio)
        return studio.colour.label() if in_colour else studio.label()


def main() -> int:
    """Make the table, or say what can't be; returns the exit status."""
    chosen = read_arguments()
    logging.set_verbosity(logging.ERROR)
    training.keep_freed()
    try:
        table = Table(load_page(chosen.config), chosen)
        check(table)
        return make(table, chosen.rows or list(table.page.ROWS))
    except (configs.ConfigError, weights.MissingError) as wrong:
        print(wrong, file=sys.stderr)
        return 2


def check(table: Table) -> None:
    """Refuse what could only fail once folders are claimed.

    Raises:
        ConfigError: the config has no such size, rows or joint set.
        MissingError: a run to start from is not there.
    """
    chosen, page = table.chosen, table.page
    try:
        page.get_config(chosen.size)
    except ValueError as wrong:
        raise configs.ConfigError(str(wrong)) from wrong
    unknown = [row for row in chosen.rows or () if row not in page.ROWS]
    if unknown:
        known = ", ".join(page.ROWS)
        raise configs.ConfigError(f"no rows are called {unknown}; there are: {known}")
    known = getattr(page, "MEASURED", ())
    if chosen.measure and chosen.measure not in known:
        there = ", ".join(known) or "nothing to choose"
        raise configs.ConfigError(f"--measure is {chosen.measure!r}; there is {there}")
    for start in {start_of(table, row) for row in chosen.rows or page.ROWS}:
        if start and not Path(start).is_dir():
            weights.from_release(start)


def start_of(table: Table, name: str) -> str | None:
    """The run or release that a row, or the row that it begins with, starts from."""
    row = table.page.ROWS[name]
    if row.begins:
        return start_of(table, row.begins)
    return table.chosen.begun if row.scratch else table.chosen.init


def make(table: Table, rows: list[str]) -> int:
    """Train and test what is missing, then print; returns the exit status."""
    for seed in table.chosen.seeds:
        for row in rows:
            status = train_and_test(table, row, seed)
            if status:
                print(f"{row}, seed {seed}, ended with status {status}")
                return status
    found = {row: read_errors(table, row) for row in rows}
    errors = {row: e for row, e in found.items() if e is not None}
    if not errors:
        raise configs.ConfigError(f"none of {rows} was measured by {table.measured}")
    text = write_table(table, errors)
    draw_figures(table, errors)
    print(text)
    return 0


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", default="configs/wan_spheres.py")
    parser.add_argument("--size", default="small", help="variant of the config")
    parser.add_argument("--init", required=True, help="run or release to start from")
    parser.add_argument("--begun", help="run of what comes before rows' last phase")
    parser.add_argument("--rows", nargs="*", help="default: all")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--subject", default="D", help="of the studio")
    parser.add_argument(
        "--amount", choices=studio.AMOUNTS, help="of frames to test on; the config's"
    )
    parser.add_argument("--steps", type=int, help="of a last phase trained alone")
    parser.add_argument("--measure", help="joint set, one of the config's `MEASURED`")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def load_page(path: str) -> Any:
    """The config's module.

    Raises:
        ConfigError: there is none.
    """
    if not (ROOT / path).is_file():
        raise configs.ConfigError(f"--config is {path}; {ROOT / path} is no file")
    page = SimpleNamespace(**runpy.run_path(str(ROOT / path)))
    if not hasattr(page, "ROWS"):
        raise configs.ConfigError(f"--config is {path}, which has no table's `ROWS`")
    return page


def train_and_test(table: Table, name: str, seed: int) -> int:
    """Whatever is missing of one run; returns the exit status."""
    row, folder = table.page.ROWS[name], table.folder(name, seed)
    first = table.chosen.begun if row.scratch else table.chosen.init
    if row.begins:
        status = train_and_test(table, row.begins, seed)
        if status:
            return status
        first = str(table.folder(row.begins, seed))
    config = configure(table, name, seed)
    asked = {"config": configs.plain(config), "init": first, "studio": table.studio()}
    claim(folder, asked)
    if (folder / "evaluation" / "errors.npz").exists():
        return 0
    # Programs of one row are of no use to the next.
    jax.clear_caches()
    if row.trains:
        print(f"{name}, seed {seed}", flush=True)
        status = train.train(assemble(config), folder, first)
        if status:
            return status
        trained = ["--workdir", str(folder)]
    else:
        trained = ["--workdir" if Path(first).is_dir() else "--weights", first]
    test = ["--dataset", row.dataset, *trained, "--out", str(folder / "evaluation")]
    if row.dataset == "studio":
        size = table.page.get_config(table.chosen.size)
        amount = table.chosen.amount or size.studio.amount
        test += ["--subject", table.chosen.subject, "--amount", amount, "--denoiser"]
    return evaluate.main(test)


def claim(folder: Path, asked: dict[str, Any]) -> None:
    """Note what a row was made from, or see that it was this.

    Raises:
        ConfigError: it was something else.
    """
    page = folder / "row.json"
    folder.mkdir(parents=True, exist_ok=True)
    if not page.exists():
        page.write_text(json.dumps(asked, indent=2) + "\n")
    # As it comes back from the file, where tuples are lists.
    if json.loads(page.read_text()) != json.loads(json.dumps(asked)):
        raise configs.ConfigError(
            f"{folder} was made from another config, init or studio, as {page} says; "
            "choose another --out"
        )


def configure(table: Table, name: str, seed: int) -> ConfigDict:
    """The config of one row."""
    row, chosen = table.page.ROWS[name], table.chosen
    begun = chosen.begun or not row.scratch
    variant = f"{chosen.size},{name}" + (",adapt" if begun else "")
    config = table.page.get_config(variant)
    # Rows of another kind find but some of their networks there.
    config.needs_init = config.get("needs_init", False) and not row.scratch
    config.seed = seed
    config.studio.subject = chosen.subject
    if chosen.steps and begun:
        config.phases[-1].steps = chosen.steps
    return config


def read_errors(table: Table, row: str) -> np.ndarray | None:
    """Joint errors of every seed, (runs, frames, joints); None without such joints."""
    found, name = [], table.measured
    name = (table.page.ROWS[row].stands_in or {}).get(name, name)
    for seed in table.chosen.seeds:
        path = table.folder(row, seed) / "evaluation" / "errors.npz"
        with np.load(path, allow_pickle=False) as stored:
            name = name or stored.files[0]
            if name not in stored.files:
                return None
            found.append(stored[name])
    return np.stack(found)


def write_table(table: Table, errors: Mapping[str, np.ndarray]) -> str:
    """Write and return the table: against the paper's and the first row."""
    rows, first = table.page.ROWS, next(iter(errors))
    compared = table.measured == table.usual
    each = {row: np.nanmean(e, axis=-1) for row, e in errors.items()}
    head = f"{'row':34}{'mm, 95 % interval':>24}{'<20 mm':>9}{'paper':>8}"
    lines = [f"{head}   against {rows[first].title}; paper"]
    figures = {}
    for row, e in each.items():
        shown = compare.interval(e)
        under = float(metrics.success(np.concatenate(errors[row]), np.array([20.0]))[0])
        paper = rows[row].paper if compared else None
        line = f"{rows[row].title:34}{shown!s:>24}{100 * under:8.1f}%"
        line += f"{paper:8.2f}" if paper else f"{'-':>8}"
        figures[row] = {"mm": shown._asdict(), "under_20": under, "paper": paper}
        figures[row]["each_seed_mm"] = e.mean(axis=-1).tolist()
        same_frames = rows[row].dataset == rows[first].dataset
        if row != first and same_frames:
            apart = compare.paired(e, each[first])
            figures[row]["against_first"] = apart._asdict()
            line += f"   {apart!s}"
            if paper and rows[first].paper:
                line += f"; {paper - rows[first].paper:+.2f}"
        lines.append(line)
    lines += ["", "each seed's mean, mm"]
    for row, e in each.items():
        means = ", ".join(f"{mean:.2f}" for mean in e.mean(axis=-1))
        lines.append(f"{rows[row].title:34}{means}")
    about = f"seeds {table.chosen.seeds}, from {table.chosen.init}, {table.chosen.size}"
    about += f", {table.measured}" if table.measured else ""
    lines += ["", f"{table.studio()}, subject {table.chosen.subject}, {about}"]
    text = "\n".join(lines)
    (table.chosen.out / "table.txt").write_text(text + "\n")
    (table.chosen.out / "table.json").write_text(json.dumps(figures, indent=2) + "\n")
    return text


def draw_figures(table: Table, errors: Mapping[str, np.ndarray]) -> None:
    """Success curves of the rows of each figure that are there, side by side."""
    from matplotlib.figure import Figure

    figures = table.page.FIGURES.values()
    drawn = {c: [row for row in c.rows if row in errors] for c in figures}
    drawn = {curves: rows for curves, rows in drawn.items() if rows}
    if not drawn:
        return
    down = -(-len(drawn) // 2)
    figure = Figure(figsize=(11.2, 4.2 * down), layout="constrained")
    every = figure.subplots(down, 2, squeeze=False).ravel()
    for axes in every[len(drawn) :]:
        axes.set_axis_off()
    for axes, (curves, rows) in zip(every, drawn.items(), strict=False):
        shown = {table.page.ROWS[row].title: errors[row] for row in rows}
        if curves.pck:
            _draw_pck(axes, shown, curves.pck)
        else:
            _draw_curves(axes, shown)
        axes.set_title(curves.title)
        axes.legend(frameon=False, fontsize=8)
    figure.savefig(table.chosen.out / "figures.png", dpi=110)


def _draw_curves(axes: Any, errors: Mapping[str, np.ndarray]) -> None:
    thresholds = np.linspace(0.0, 80.0, 161)
    for title, e in errors.items():
        share = metrics.success(np.concatenate(e), thresholds)
        axes.plot(thresholds, 100 * share, label=title)
    axes.set(
        xlabel="threshold, mm",
        ylabel="frames with every joint under it, %",
        xlim=(0, 80),
        ylim=(0, 100),
    )


def _draw_pck(
    axes: Any, errors: Mapping[str, np.ndarray], within: tuple[float, float]
) -> None:
    low, high = within
    thresholds = np.linspace(low, high, 61)
    for title, e in errors.items():
        e = np.concatenate(e)
        share, area = metrics.share_of_joints(e, thresholds), metrics.auc(e, low, high)
        axes.plot(thresholds, 100 * share, label=f"{title}: {area:.3f}")
    axes.set(xlabel="threshold, mm", ylabel="joints under it, %", xlim=within)


if __name__ == "__main__":
    sys.exit(main())
