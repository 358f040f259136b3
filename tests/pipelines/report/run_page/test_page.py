import json
import re

import pytest
from html_reader import read
from toy_run import CLASSES, add_axes, axis, write_run

from datasets.errors import UserError
from datasets.progress import silently
from pipelines.report.run_page import curves, page, shown
from pipelines.report.run_page import tables as page_tables
from pipelines.report.run_page.page import write_report
from pipelines.runs.metrics import METRICS, AxisResult, read_metrics


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    run = tmp_path_factory.mktemp("run")
    images = write_run(run)
    return run, read(write_report(run, images, silently))


def test_text_of_users_files_is_text_and_never_markup(written):
    _, reader = written
    for name in (*CLASSES, "toys & <b>co</b>", "a.xml: <i>odd</i>"):
        assert any(name in text for text in reader.texts)
    # Two of data, one a photograph and the page's own: none that a class has brought.
    assert reader.tags.count("script") == 2 + 6 + 1
    assert "x" not in reader.asked
    gallery = json.loads(reader.scripts["gallery-data"])
    assert gallery["classes"] == list(CLASSES)
    assert gallery["images"][2]["name"] == "a folder/2 <b>&amp;.png"


def test_it_asks_nobody_for_anything(written):
    _, reader = written
    assert all(asked.startswith(("#", "data:")) for asked in reader.asked)
    assert not {"iframe", "object", "embed"} & set(reader.tags)
    assert "@import" not in "".join(reader.texts)
    assert "fetch(" not in reader.scripts["own"]


def test_no_id_is_given_twice_and_every_link_has_its_target(written):
    _, reader = written
    assert len(reader.ids) == len(set(reader.ids))
    links = {asked[1:] for asked in reader.asked if asked.startswith("#")}
    assert links <= set(reader.ids)


def test_it_shows_everything_there_is(written):
    run, reader = written
    text = " ".join(" ".join(reader.texts).split())
    for detector in read_metrics(run / METRICS).pipelines.values():
        assert f"{detector.quality.map_50:.3f}" in text
        low, high = detector.quality.interval_95["map_50"]
        assert f"{low:.3f} to {high:.3f}" in text
    assert not re.search(r"\bnan\b", text)
    for section in ("Pictures", "Quality", "Errors", "Speed", "Training", "Data"):
        assert section in text
    assert "Rounds of hard-negative mining" in text
    assert "Choice: the last weights & nothing else." in text
    assert "latency p50" in text
    assert "voc 2007" in text
    assert "expected calibration error" in text
    assert "Fitted to toys & co, dashed as it was before." in text
    assert "Axes" not in text  # none were measured
    assert reader.tags.count("svg") > 6


def test_axes_are_shown_as_far_as_there_are_any(tmp_path):
    images = write_run(tmp_path, ("classical",))
    data = AxisResult(
        question="?",
        answers={},
        verdict="classical is better below 40 <images>",
        favours="classical",
        sureness="fairly sure",
        cells=(
            {"images": 20, "map_50": 0.123456, "load": {"seconds": [1.5, 2.5]}},
            {"images": 40, "map_50": None, "load": {"seconds": [0] * 4}},
        ),
    )
    add_axes(tmp_path, data=data, time="no difference")
    (tmp_path / "axes").mkdir()
    (tmp_path / "axes" / "data.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    reader = read(write_report(tmp_path, images, silently))
    text = " ".join(" ".join(reader.texts).split())
    assert "classical is better below 40 <images>" in text
    assert "fairly sure" in text
    assert "0.1235" in text
    assert "load.seconds 20 0.1235 1.5, 2.5 40 – 4 values" in text
    assert sum(asked.startswith("data:image/svg+xml") for asked in reader.asked) == 1


def test_a_contender_that_is_in_no_table_is_shown_like_any_other(tmp_path):
    images = write_run(tmp_path, ("toy", "yolo", "classical"))
    page = write_report(tmp_path, images, silently)
    text = " ".join(" ".join(read(page).texts).split())
    assert "toy against classical" in text
    assert "corrected for 3 comparisons" in text
    assert "toy: 3 calls" in text
    assert text.count("mean time of each stage") == 3
    assert 'aria-label="Validation mAP by second; 0.5: 0.100, 1: 0.300"' in page.read_text()


def test_another_tools_detections_alone_make_a_report_without_times(tmp_path):
    images = write_run(tmp_path, ("mine", "theirs", "others"))
    text = " ".join(read(write_report(tmp_path, images, silently)).texts)
    assert "mine against theirs" in text
    assert "theirs against others" in text
    assert "Speed" not in text
    assert "Rounds of" not in text


def test_of_many_classes_the_pairs_most_often_confused_are_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(page_tables, "WIDEST_MATRIX", 2)
    images = write_run(tmp_path)
    reader = read(write_report(tmp_path, images, silently))
    text = " ".join(" ".join(reader.texts).split())
    assert "The pairs most often confused, of 3 classes" in text
    assert "nothing: missed" in text
    assert "Rows are objects" not in text


def test_images_beyond_the_limit_are_in_a_folder_beside(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "EMBEDDED", 2)
    images = write_run(tmp_path)
    reader = read(write_report(tmp_path, images, silently))
    shown = json.loads(reader.scripts["gallery-data"])["images"]
    assert [image["photograph"] is None for image in shown] == [True] * 2 + [False] * 4
    for image in shown[2:]:
        for key in ("photograph", "thumb"):
            assert (tmp_path / image[key]).read_bytes()[8:12] == b"WEBP"
    assert len(list((tmp_path / "report_images").iterdir())) == 8
    monkeypatch.undo()
    write_report(tmp_path, images, silently)
    assert not (tmp_path / "report_images").exists()
    assert not list(tmp_path.glob("*.writing"))


def test_of_more_images_than_a_page_can_carry_some_are_shown_and_that_is_said(
    tmp_path, monkeypatch
):
    images = write_run(tmp_path, images=12)
    parts = [{"name": "first", "places": [0, 1, 2]}, {"name": "none", "places": [12]}]
    add_axes(tmp_path, conditions=axis(figures={"slices": parts}))
    whole = read(write_report(tmp_path, images, silently))
    monkeypatch.setattr(shown, "MOST_IMAGES", 4)
    reader = read(write_report(tmp_path, images, silently))
    gallery = json.loads(reader.scripts["gallery-data"])
    places = [[*images].index(image["name"]) for image in gallery["images"]]
    assert len(places) == 4
    assert places[0] == 0
    ((part, of_part),) = gallery["slices"]
    assert part == "first"
    assert [places[place] for place in of_part] == [place for place in places if place < 3]
    assert "Of 12 test images 4 are shown here" in " ".join(" ".join(reader.texts).split())
    assert "test images 4 are shown" not in " ".join(whole.texts)
    # What mistakes cost is of all images all the same.
    assert reader.scripts["decision-data"] == whole.scripts["decision-data"]


def test_the_same_run_gives_the_same_page(tmp_path, written):
    run, _ = written
    images = write_run(tmp_path)
    again = write_report(tmp_path, images, silently).read_text()
    assert again == (run / "report.html").read_text()


def test_only_the_pages_own_script_may_run(written):
    import hashlib
    from base64 import b64encode

    run, _ = written
    html = (run / "report.html").read_text()
    policy = re.search(r'Security-Policy" content="([^"]+)"', html)[1]
    script = html[html.rindex("<script>") + len("<script>") : html.rindex("</script>")]
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("lost", ["metrics.json", "ground_truth.json", "detections/yolo.json"])
def test_a_folder_that_lacks_something_is_refused(tmp_path, lost):
    images = write_run(tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(UserError, match=re.escape(lost)):
        write_report(tmp_path, images, silently)


def test_an_image_that_is_not_in_the_data_is_named(tmp_path):
    images = write_run(tmp_path)
    del images["a folder/3 <b>&amp;.png"]
    with pytest.raises(UserError, match="a folder/3 <b>"):
        write_report(tmp_path, images, silently)


def test_one_mining_round_alone_is_marked_by_its_number():
    figure = curves.validations([0.5], [0], 0, "mining round", "rounds")
    ticks = re.findall(r"xtick_\d+.*?<text[^>]*>([^<]*)</text>", figure, re.DOTALL)
    assert ticks == ["0"]
