import os
import signal

import pytest

from pipelines.system.stopping import stop_at_a_good_moment


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_wish_is_noted_and_the_second_obeyed(number):
    before = signal.signal(number, signal.default_int_handler)
    try:
        with stop_at_a_good_moment() as is_stopped:
            assert not is_stopped()
            os.kill(os.getpid(), number)
            assert is_stopped()
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
