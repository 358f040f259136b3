"""The report in a real browser: the system's Chromium, headless."""

import json
from urllib.parse import quote

import pytest
from toy_run import add_axes, axis, write_run

from datasets.progress import silently
from pipelines.report.run_page import page as report
from pipelines.report.run_page.page import write_report

NAMES = ("classical", "yolo", "mine")
SLICE = "brightness: <dark>"
LABEL, IGNORE, SCORE, OUTCOME = 4, 5, 5, 6
WRONG, RIGHT = 0, 1
PAINTED_MS = """new Promise((answer) => new PerformanceObserver((list) => {
    const painted = list.getEntriesByName("first-contentful-paint")[0];
    if (painted) answer(painted.startTime);
}).observe({type: "paint", buffered: true}))"""
# The page knows by then too: it began to watch before.
IN_VIEW = """new Promise((answer) => new IntersectionObserver((seen) => {
    if (seen.at(-1).isIntersecting) answer();
}).observe(document.getElementById("gallery")))"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run with a space")
    images = write_run(folder, NAMES)
    figures = {"slices": [{"name": SLICE, "places": [1, 4]}]}
    tables = {"on parts": ({"slice": SLICE, "yolo": "0.500 [0.4 0.6]"},)}
    add_axes(folder, time="Neither is sooner.", conditions=axis(figures=figures, tables=tables))
    (folder / "axes").mkdir()
    (folder / "axes" / "time.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="48"></svg>'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "EMBEDDED", 4)  # the last two are files beside
        write_report(folder, images, silently)
    return folder


@pytest.fixture(scope="module")
def data(run):
    html = (run / "report.html").read_text()
    begin = html.index(">", html.index('id="gallery-data"')) + 1
    return json.loads(html[begin : html.index("</script>", begin)])


@pytest.fixture
def opened(browser, run):
    """Give a function that opens the report; at the end nothing may have gone wrong in it."""
    pages, complaints, requests = [], [], []

    def one(hash_="", **options):
        page = browser.new_page(viewport={"width": 1200, "height": 900}, **options)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"file://{quote(str(run))}/report.html{hash_}")
        pages.append(page)
        return page

    yield one
    for page in pages:
        page.close()
    assert complaints == []
    beside = f"file://{quote(str(run))}/"
    allowed = (f"{beside}report.html", f"{beside}report_images/", "data:")
    assert [url for url in requests if not url.startswith(allowed)] == []


def expected(image, place, threshold, classes=(0, 1, 2)):
    """What the JSON says of one image and pipeline: right, wrong, missed."""
    shown = [
        row
        for row in image["detections"][place]
        if row[SCORE] >= threshold and row[LABEL] in classes
    ]
    missed = [
        row
        for row, score in zip(image["objects"], image["found_at"][place], strict=True)
        if not row[IGNORE] and row[LABEL] in classes and not (score or -1) >= threshold
    ]
    kinds = [row[OUTCOME] for row in shown]
    return kinds.count(RIGHT), kinds.count(WRONG), len(missed)


def drawn(page, place):
    """How many boxes of each kind one panel shows."""
    panel = page.locator(".panel").nth(place)
    return tuple(panel.locator(f"rect.{kind}").count() for kind in ("right", "wrong", "missed"))


def titled(page):
    return page.locator(".where .title").inner_text()


def move(page, place, value):
    page.locator(".panel input").nth(place).evaluate(
        "(slider, value) => { slider.value = value;"
        " slider.dispatchEvent(new Event('input', {bubbles: true}));"
        " slider.dispatchEvent(new Event('change', {bubbles: true})); }",
        value,
    )


def test_boxes_begin_at_the_operating_points(opened, data):
    page = opened()
    for place, pipeline in enumerate(data["pipelines"]):
        assert drawn(page, place) == expected(data["images"][0], place, pipeline["threshold"])
    assert page.locator(".panel").nth(0).locator("rect.truth").count() == 4


def test_a_slider_changes_the_boxes_to_what_the_data_says(opened, data):
    page = opened()
    image = data["images"][0]
    for place, seen in enumerate(({}, {}, {})):
        for threshold in (0.05, 0.35, 0.62, 0.9):
            move(page, place, threshold)
            value = float(page.locator(".panel input").nth(place).input_value())
            seen[value] = expected(image, place, value)
            assert drawn(page, place) == seen[value]
            tally = page.locator(".panel .tally").nth(place).inner_text()
            assert tally.startswith("{} right, {} wrong ×, {} missed ?".format(*seen[value]))
        assert len(set(seen.values())) > 2
        if place == 0:  # the others stay where they are
            threshold = data["pipelines"][1]["threshold"]
            assert drawn(page, 1) == expected(image, 1, threshold)


def test_a_slider_moves_by_the_keys_and_goes_back_to_its_start(opened, data):
    page = opened()
    slider = page.locator(".panel input").nth(0)
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > data["pipelines"][0]["threshold"]
    assert titled(page).startswith(data["images"][0]["name"])  # the image stays
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    # A slider has 15 digits; the page itself keeps all.
    assert float(slider.input_value()) == pytest.approx(data["pipelines"][0]["threshold"])
    assert page.locator(".permalink").get_attribute("href").count("from.") == 0


def badness(data, order):
    thresholds = [pipeline["threshold"] for pipeline in data["pipelines"]]

    def of_one(image):
        counts = [expected(image, place, value) for place, value in enumerate(thresholds)]
        if order.startswith("worst-"):
            place = NAMES.index(order.removeprefix("worst-"))
            return counts[place][1] + counts[place][2]
        found = [
            [(score or -1) >= value for score in image["found_at"][place]]
            for place, value in enumerate(thresholds)
        ]
        disputed = sum(
            len(set(flags)) == 2 and not row[IGNORE]
            for row, flags in zip(image["objects"], zip(*found, strict=True), strict=True)
        )
        wrong = [each[1] for each in counts]
        return disputed + max(wrong) - min(wrong)

    return [of_one(image) for image in data["images"]]


def test_images_are_put_in_the_order_asked_for(opened, data):
    page = opened()
    for order in ("worst-classical", "worst-yolo", "worst-mine", "disagree"):
        page.locator(".order select").select_option(order)
        values = badness(data, order)
        assert len(set(values)) > 1
        wanted = sorted(range(len(values)), key=lambda place: (-values[place], place))
        tiles = page.locator(".strip button").evaluate_all(
            "(all) => all.map((button) => Number(button.dataset.at))"
        )
        assert tiles == wanted
        assert titled(page).startswith(data["images"][wanted[0]]["name"])
    page.locator(".order select").select_option("name")
    assert titled(page).startswith(data["images"][0]["name"])


def test_a_slice_of_the_images_can_be_looked_at_alone(opened, data):
    page = opened()
    page.locator(".part select").select_option(SLICE)
    names = [data["images"][place]["name"] for place in (1, 4)]
    assert titled(page) == f"{names[0]} (1 of 2)"
    page.locator("[data-step='1']").click()
    assert titled(page) == f"{names[1]} (2 of 2)"
    page.locator(".order select").select_option("worst-yolo")
    assert page.locator(".strip button").count() == 2
    link = page.locator(".permalink").get_attribute("href")
    other = opened(link)
    assert titled(other) == titled(page)
    assert other.locator(".part select").input_value() == SLICE
    page.locator(".part select").select_option("")
    assert page.locator(".strip button").count() == 6


def test_tables_of_an_axis_stand_in_it(opened):
    table = opened().locator("#axes table", has_text="on parts")
    assert table.locator("tbody th").inner_text() == SLICE
    assert table.locator("tbody td").inner_text() == "0.500 [0.4 0.6]"


def test_switches_and_classes_hide_what_they_name(opened, data):
    page = opened()
    before = drawn(page, 0)
    assert all(before)
    for place, kind in enumerate(("right", "wrong", "missed")):
        switch = page.locator(f"[data-show={kind}]")
        switch.focus()
        page.keyboard.press("Space")
        assert drawn(page, 0) == tuple(0 if k == place else n for k, n in enumerate(before))
        page.keyboard.press("Space")
    page.locator("[data-show=truth]").uncheck()
    assert page.locator("rect.truth").count() == 0
    page.locator(".classes summary").click()
    page.get_by_role("button", name="None").click()
    assert drawn(page, 0) == (0, 0, 0)
    page.locator("[data-class='1']").check()
    threshold = data["pipelines"][0]["threshold"]
    assert drawn(page, 0) == expected(data["images"][0], 0, threshold, classes=(1,))


def test_keys_step_through_the_images_and_stop_at_the_ends(opened, data):
    page = opened("#pictures")
    page.evaluate(IN_VIEW)
    names = [image["name"] for image in data["images"]]
    for number in range(1, len(names)):
        page.keyboard.press("ArrowRight")
        assert titled(page) == f"{names[number]} ({number + 1} of {len(names)})"
        shown = page.locator(".panel img").nth(0)
        shown.evaluate("(image) => image.decode()")
        assert shown.evaluate("(image) => image.naturalWidth") == 160
    page.keyboard.press("ArrowRight")
    assert titled(page).startswith(names[-1])
    page.keyboard.press("ArrowLeft")
    assert titled(page).startswith(names[-2])


def test_a_link_gives_the_same_view_again(opened, data):
    page = opened()
    page.locator(".order select").select_option("worst-yolo")
    page.locator(".strip button").nth(2).click()
    move(page, 1, 0.35)
    page.locator("[data-show=wrong]").uncheck()
    page.locator(".classes summary").click()
    page.locator("[data-class='2']").uncheck()
    link = page.locator(".permalink").get_attribute("href")
    assert page.evaluate("location.hash") == link
    other = opened(link)
    assert titled(other) == titled(page)
    for place in range(len(NAMES)):
        assert drawn(other, place) == drawn(page, place)
        values = [p.locator(".panel input").nth(place).input_value() for p in (page, other)]
        assert values[0] == values[1]
    assert other.locator(".order select").input_value() == "worst-yolo"
    assert not other.locator("[data-show=wrong]").is_checked()


def test_an_address_that_means_nothing_gives_the_first_view(opened, data):
    page = opened("#gallery?image=nowhere&from.yolo=much&order=odd&classes=9.x")
    assert titled(page).startswith(data["images"][0]["name"])
    assert drawn(page, 1)[:2] == (0, 0)  # class 9 is none of them


def test_a_class_called_script_is_a_class(opened, data):
    page = opened()
    assert page.title() == "toys & <b>co</b>: classical or deep?"
    for name in data["classes"]:
        assert page.locator(".classes label", has_text=name).count() == 1
    assert page.locator("img[src=x]").count() == 0


def test_everything_can_be_reached_without_a_mouse(opened):
    page = opened()
    page.locator(".listing summary").focus()
    page.keyboard.press("Enter")
    page.locator(".listing tbody tr").nth(4).wait_for()
    controls = page.evaluate(
        "[...document.querySelectorAll('button, input, select, summary, a')]"
        ".map((e, i) => e.checkVisibility() ? i : -1).filter((i) => i >= 0)"
    )
    missing = set(controls) - {0}  # where it begins
    page.locator(".skip").focus()
    for _ in range(2 * len(controls)):  # regions that scroll are stops on the way too
        page.keyboard.press("Tab")
        missing.discard(
            page.evaluate(
                "[...document.querySelectorAll('button, input, select, summary, a')]"
                ".indexOf(document.activeElement)"
            )
        )
        if not missing:
            break
    assert not missing


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_and_is_painted_within_a_second(opened, scheme):
    page = opened(color_scheme=scheme)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.reload()
        assert page.evaluate(PAINTED_MS) <= 1000
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    brightest = page.evaluate(
        "Math.max(...getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3))"
    )
    assert (brightest > 128) == (scheme == "light")


def test_the_plot_of_an_axis_is_there_before_anyone_scrolls_to_it_as_printing_wants(opened):
    plot = opened().locator("#axes figure img")
    assert plot.evaluate("image => [image.complete, image.naturalWidth]") == [True, 64]


def test_in_print_it_is_light_and_speaks_of_no_control(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for control in (".controls", ".panel input", ".strip", "#pictures .live"):
        assert not page.locator(control).first.is_visible()
    assert page.locator("#pictures .printed").is_visible()
    assert page.locator(".panel img").first.is_visible()
