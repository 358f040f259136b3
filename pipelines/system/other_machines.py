"""Which machines train together, as a TF_CONFIG in the environment says it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from datasets.errors import UserError

VARIABLE = "TF_CONFIG"


@dataclass(frozen=True)
class OtherMachines:
    """The machines of a TF_CONFIG, this one among them.

    Attributes:
        tf_config: as it is in the environment.
        count: of all of them.
        is_first: whether this one decides and writes: the chief, or worker 0 without one.
    """

    tf_config: str
    count: int
    is_first: bool

    def give_to_tensorflow(self) -> None:
        """Put the TF_CONFIG into the environment of this process, where TensorFlow reads it."""
        os.environ[VARIABLE] = self.tf_config


def take_other_machines() -> OtherMachines | None:
    """Return the machines of the environment's TF_CONFIG, None without one, and take it out.

    Only trainings that all machines make together may find it there.

    Raises:
        UserError: it is broken.
    """
    text = os.environ.pop(VARIABLE, "")
    if not text:
        return None
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        machines = {name: list(cluster.get(name, ())) for name in ("chief", "worker")}
        kind, index = task["type"], task["index"]
        if not 0 <= index < len(machines[kind]):
            raise ValueError(f"there is no {kind} {index}")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f'{VARIABLE} must be JSON as {{"cluster": {{"worker": ["host:port", …]}}, "task": '
            f'{{"type": "worker", "index": 0}}}} ({type(error).__name__}: {error})'
        ) from error
    is_first = index == 0 and kind == ("chief" if machines["chief"] else "worker")
    return OtherMachines(text, sum(map(len, machines.values())), is_first)
