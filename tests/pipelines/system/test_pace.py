from pipelines.system import pace
from pipelines.system.pace import Moment, pace_now, times_slower


def test_the_fixed_work_is_timed_and_is_partly_this_process_s():
    moment = pace_now()
    assert moment.milliseconds > 1
    assert 0 < moment.own_share <= 1


def test_twice_the_work_takes_longer(monkeypatch):
    monkeypatch.setattr(pace, "ROUNDS", 1)
    once = min(pace_now().milliseconds for _ in range(3))
    monkeypatch.setattr(pace, "ROUNDS", 12)
    assert pace_now().milliseconds > 2 * once


def test_the_slowest_moment_is_compared_with_the_quickest_of_all():
    training, timing = [Moment(20, 1), Moment(10, 1)], [Moment(15, 1), Moment(18, 1)]
    assert times_slower(timing, [*training, *timing]) == 1.8
