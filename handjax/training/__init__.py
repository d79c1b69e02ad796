"""Training: state, phases, the jitted step, logs, checkpoints. `train.py` tells it."""

from handjax.training.alone import Alone
from handjax.training.checkpoints import Checkpoints
from handjax.training.devices import (
    compile_step,
    make_mesh,
    replicate,
    spread,
    steps_per_dispatch,
)
from handjax.training.draws import Draws
from handjax.training.examine import (
    START,
    TEST,
    TRAINING,
    VALIDATION,
    Estimates,
    Examiner,
    make_examiner,
)
from handjax.training.interrupt import Interrupt
from handjax.training.logs import Log
from handjax.training.memory import keep_freed
from handjax.training.meter import Meter, NotFiniteError, check_finite
from handjax.training.phases import Phase, phase_at, read_phases
from handjax.training.step import Step, TrainState, enter, init_state, make_step

__all__ = [
    "START",
    "TEST",
    "TRAINING",
    "VALIDATION",
    "Alone",
    "Checkpoints",
    "Draws",
    "Estimates",
    "Examiner",
    "Interrupt",
    "Log",
    "Meter",
    "NotFiniteError",
    "Phase",
    "Step",
    "TrainState",
    "check_finite",
    "compile_step",
    "enter",
    "init_state",
    "keep_freed",
    "make_examiner",
    "make_mesh",
    "make_step",
    "phase_at",
    "read_phases",
    "replicate",
    "spread",
    "steps_per_dispatch",
]
