"""The page of `compare_runs.py` in a real browser."""

from dataclasses import replace

from run_files import TRAINED, found, truth, write_run

from scripts.compare_runs import main


def test_on_a_phone_nothing_is_cut_off_and_no_value_is_a_letter_a_line(
    tmp_path, monkeypatch, browser
):
    objects = truth()
    for name, seed in (("base", 0), ("a-run-with-a-long-name", 5)):
        dataset = f"../shared/data/{name}/photographs-of-{seed}"
        settings = replace(TRAINED, seed=seed, dataset=dataset)
        detections = {"yolo": found(objects, 0.8, seed=seed)}
        write_run(tmp_path / name, detections, settings=settings)
    monkeypatch.chdir(tmp_path)
    assert main(["base", "a-run-with-a-long-name"]) == 0
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((tmp_path / "runs" / "comparison.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for table in page.locator(".wide").all():
        assert table.evaluate("box => box.scrollWidth <= box.clientWidth")
    widths = page.locator(".settings td").evaluate_all("all => all.map(c => c.clientWidth)")
    assert len(widths) >= 4
    assert min(widths) > 100
