"""Which trainings several machines make together."""

from dataclasses import replace

import pytest

from datasets.errors import UserError
from pipelines.benchmark.follow import check_shareable, together
from pipelines.settings import RunSettings
from pipelines.system.other_machines import OtherMachines

OTHERS = OtherMachines("{}", 2, is_first=True)
ALL = RunSettings(pipelines=("classical", "yolo", "transfer"))


def test_networks_are_trained_together_and_the_last_of_them_is_said_to_be():
    assert together("classical", ALL, OTHERS) is None
    assert not together("yolo", ALL, OTHERS).is_last
    assert together("transfer", ALL, OTHERS).is_last


def test_a_machine_alone_trains_with_nobody():
    assert together("yolo", ALL, None) is None


@pytest.mark.parametrize(
    ("settings", "word"),
    [(replace(ALL, train_minutes=1.0), "clocks"), (RunSettings(pipelines=("classical",)), "none")],
)
def test_what_machines_cannot_share_is_refused(settings, word):
    with pytest.raises(UserError, match=word):
        check_shareable(settings)
    check_shareable(ALL)
