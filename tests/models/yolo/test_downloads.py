"""Keras's own download, of a server on this machine that behaves well or badly."""

import os
import threading
import time
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from models.errors import TrainingError
from models.yolo import downloads
from models.yolo.downloads import Download, downloaded

pytestmark = pytest.mark.tensorflow
BODY = bytes(range(256)) * 400
MD5 = md5(BODY, usedforsecurity=False).hexdigest()


@contextmanager
def server(answer):
    """Answer requests at an address until the test is over; give it and the paths asked for."""
    asked, over = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            answer(self, over)

        def log_message(self, *arguments):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}", asked
    finally:
        over.set()
        listening.shutdown()
        listening.server_close()


def send(handler, body, length=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()


def well(handler, over):
    del over
    send(handler, BODY)


def cut_off(handler, over):
    del over
    send(handler, BODY[:50_000], len(BODY))


def stall(handler, over):
    send(handler, BODY[:50_000], len(BODY))
    over.wait(30)


def never(handler, over):
    del handler
    over.wait(30)


def trickle(handler, over):
    send(handler, b"", len(BODY))
    for start in range(0, len(BODY), 10_000):
        if over.wait(0.2):
            return
        handler.wfile.write(BODY[start : start + 10_000])


def absent(handler, over):
    del over
    handler.send_error(404)


def check(path):
    if path.read_bytes() != BODY:
        raise TrainingError(f"{path}: is not what it should be")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(downloads, "LONGEST_SILENCE_S", 1.0)
    return tmp_path / "models"


def get(address, hashed=None):
    return downloaded(Download("a.h5", address, hashed), check, "a's weights")


@pytest.mark.parametrize("hashed", [None, MD5])
def test_what_is_served_is_kept_in_kerass_cache_and_asked_for_once(cache, hashed, capfd):
    with server(well) as (address, asked):
        assert get(address, hashed) == cache / "a.h5"
        out, err = capfd.readouterr()
        assert not out
        assert f"Downloading data from {address}/a.h5" in err
        assert f"{len(BODY)}/{len(BODY)}" in err  # the bar
        assert get(address, hashed).read_bytes() == BODY
        assert asked == ["/a.h5"]
        assert not any(capfd.readouterr())
    assert [each.name for each in cache.iterdir()] == ["a.h5"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (never, "nothing came for 1 s"),
        (stall, "nothing came for 1 s"),
        (trickle, "not whole after 1.2 s"),
        (cut_off, "got only 50000 out of 102400 bytes"),
        (absent, "404"),
    ],
)
def test_a_server_that_does_not_do_its_part_is_told_in_time(cache, monkeypatch, answer, reason):
    monkeypatch.setattr(downloads, "LIMIT_S", 1.2)
    with server(answer) as (address, _):
        begun = time.monotonic()
        with pytest.raises(TrainingError) as caught:
            get(address)
        assert time.monotonic() - begun < 8  # most of it loads Keras, the first time
        assert f"a's weights could not be downloaded ({address}/a.h5" in str(caught.value).replace(
            "URL fetch failure on ", ""
        )
        assert reason in str(caught.value)
        assert str(caught.value).endswith("or name a file of them as backbone_weights")
    assert not any(cache.iterdir())


def test_a_refused_connection_and_an_unknown_host_are_told():
    with server(well) as (address, _):
        pass
    with pytest.raises(TrainingError, match="refused"):
        get(address)
    with pytest.raises(TrainingError, match=r"could not be downloaded .*nowhere\.invalid"):
        get("http://nowhere.invalid")


def test_a_file_with_other_contents_than_it_should_have_is_not_kept(cache):
    with server(lambda handler, _: send(handler, b"<html>log in</html>")) as (address, asked):
        with pytest.raises(TrainingError, match="came otherwise than expected"):
            get(address)
        with pytest.raises(TrainingError, match="hash does not match"):
            get(address, MD5)
        assert len(asked) == 2
    assert not any(cache.iterdir())


def test_half_a_file_in_the_cache_is_replaced_once(cache):
    cache.mkdir()
    (cache / "a.h5").write_bytes(BODY[:1000])
    with server(well) as (address, asked):
        assert get(address).read_bytes() == BODY
        assert len(asked) == 1


def test_what_a_killed_process_left_in_the_cache_goes_once_it_is_old(cache):
    for name in ("a.h5.old", "a.h5.new", "b.h5.old"):
        (cache / name).mkdir(parents=True)
        if name.endswith("old"):
            os.utime(cache / name, (0, 0))
    with server(well) as (address, _):
        get(address)
    assert {each.name for each in cache.iterdir()} == {"a.h5", "a.h5.new", "b.h5.old"}


def test_a_cache_that_can_not_be_written_is_a_sentence(cache, monkeypatch, tmp_path):
    cache.parent.joinpath("models").write_text("a file in the way")
    monkeypatch.setattr(downloads.tempfile, "gettempdir", lambda: str(tmp_path / "models"))
    with pytest.raises(TrainingError, match="set KERAS_HOME"):
        get("http://nowhere.invalid")
