import signal
import threading
import weakref

import pytest
from captures import Capture

from datasets.errors import UserError
from pipelines.inference.live import camera_name, camera_of, live_frames, until_interrupted
from pipelines.inference.sources import found_sources, picture_count, pictures

PATIENCE = 20  # seconds, only ever waited for where something is broken


@pytest.fixture
def stand_in(monkeypatch):
    def use(*arguments, **more):
        capture = Capture(*arguments, **more)
        monkeypatch.setattr("pipelines.inference.live.cv2.VideoCapture", capture)
        return capture

    return use


@pytest.mark.parametrize(
    ("text", "camera", "name"),
    [
        ("0", 0, "camera-0"),
        ("rtsp://host.example/stream1", "rtsp://host.example/stream1", "host.example/stream1"),
        ("RTSP://me:secret@10.0.0.5:554/a?key=2", None, "10.0.0.5/a"),
        ("https://host.example/", None, "host.example"),
    ],
)
def test_numbers_and_addresses_are_cameras_called_without_their_secrets(text, camera, name):
    (source,) = found_sources([text])
    assert source.camera == (text if camera is None else camera)
    assert source.name == name
    assert picture_count([source]) == 0


@pytest.mark.parametrize("text", ["photos", "100", "-1", "file:///etc/passwd", "a.mp4"])
def test_other_texts_are_files(text):
    assert camera_of(text) is None


def test_a_file_that_is_called_like_a_number_is_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "0").write_bytes(b"")
    assert found_sources(["0"])[0].camera is None


@pytest.mark.parametrize("given", [["0", "1"], ["rtsp://"], ["http://[1"]])
def test_a_camera_comes_alone_and_an_address_has_a_host(given):
    with pytest.raises(UserError, match=r"alone|host"):
        found_sources(given)


def test_frames_that_come_while_nobody_asks_are_passed_over_and_not_kept(stand_in):
    given, reading = threading.Semaphore(0), threading.Semaphore(0)

    def before(number):
        reading.release()
        given.acquire()

    capture = stand_in(9, before)
    stop = threading.Event()
    frames = live_frames(0, stop)

    def come(count):
        """Let frames come, until the next is waited for."""
        for _ in range(count):
            assert reading.acquire(timeout=PATIENCE)
            given.release()
        assert reading.acquire(timeout=PATIENCE)
        reading.release()

    given.release()
    first = next(frames)
    assert (first.number, first.pixels.max()) == (1, 1)
    assert reading.acquire(timeout=PATIENCE)
    seen = weakref.ref(first.pixels)
    come(3)
    assert (next(frames).number, capture.number) == (4, 4)
    del first
    assert seen() is None
    stop.set()
    given.release(9)
    assert next(frames, None) is None
    assert capture.released.wait(PATIENCE)


def test_it_ends_where_no_more_frames_come(stand_in):
    capture = stand_in(1, rate=12.5)
    (source,) = found_sources(["rtsp://user:word@host/live"])
    (picture,) = pictures([source], 10**9)
    assert picture.name == "host/live#000001"
    assert (picture.frame.rate, picture.read().shape) == (12.5, (48, 64, 3))
    assert capture.camera == "rtsp://user:word@host/live"
    assert capture.released.wait(PATIENCE)


def test_a_file_behind_an_address_waits_so_that_no_frame_is_missed(stand_in):
    capture = stand_in(5, declared=5)
    stop = threading.Event()
    frames = live_frames("http://host/clip.mp4", stop)
    assert [next(frames).number, capture.number, next(frames).number, capture.number] == [
        1,
        1,
        2,
        2,
    ]
    stop.set()
    assert next(frames, None) is None
    assert capture.released.is_set()


def test_a_camera_that_does_not_open_is_refused_by_its_name(stand_in):
    stand_in(1, opened=False)
    with pytest.raises(UserError, match=f"^{camera_name(3)}: can't be opened"):
        next(live_frames(3, threading.Event()))


def test_the_first_interrupt_stops_and_the_second_ends():
    before = signal.getsignal(signal.SIGINT)
    with until_interrupted() as stop:
        signal.raise_signal(signal.SIGINT)
        assert stop.wait(PATIENCE)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
