"""The page of an audit in a real browser, the system's Chromium, headless: by its keys alone."""

import json
import re
from urllib.parse import quote

import msgspec
import pytest
from toy_audit import NAMES, audited, suspicion

from pipelines.audit.effect import effect_on
from pipelines.audit.reading import read_decisions
from pipelines.audit.suspicion import Decisions
from pipelines.report.audit_page.page import write_audit_page

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
WIDTHS = (1440, 390)
MANY, MOST_BYTES = 500, 15e6
PAINTED_MS = """new Promise((answer) => new PerformanceObserver((list) => {
    const painted = list.getEntriesByName("first-contentful-paint")[0];
    if (painted) answer(painted.startTime);
}).observe({type: "paint", buffered: true}))"""
CONTROLS = "button, input:not([hidden]), select, a[href]"
# As a screen reader would call what is focused.
NAME = """(() => {
    const at = document.activeElement, label = at.labels?.[0];
    return (at.getAttribute("aria-label") ?? label?.textContent ?? at.textContent).trim();
})()"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    return audited(tmp_path_factory.mktemp("a place with a space"))


@pytest.fixture(scope="module")
def written(given):
    effect = effect_on(given.run, given.audit)
    folder = given.run.folder / "audit"
    return write_audit_page(
        folder, given.run.metrics, given.audit, given.dataset, given.found, effect
    )


@pytest.fixture
def opened(browser, written):
    """Give a function that opens the page; at the end nothing may have gone wrong in it."""
    contexts, complaints, requests = [], [], []

    def one(width=1440, context=None, path=written, script="", **options):
        if context is None:
            size = {"width": width, "height": 844}
            context = browser.new_context(viewport=size, accept_downloads=True, **options)
            contexts.append(context)
        page = context.new_page()
        if script:
            page.add_init_script(script)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.on("filechooser", lambda chooser: None)  # from now on, so that none is missed later
        page.goto(f"file://{quote(str(path))}")
        return page

    yield one
    for context in contexts:
        context.close()
    assert complaints == []
    allowed = ("file://", "data:", "blob:")
    assert [url for url in requests if not url.startswith(allowed)] == []
    assert len({url for url in requests if url.startswith("file://")}) <= 1


def left(page):
    return page.locator(".left").inner_text()


def shown(page):
    return page.locator(".title").inner_text()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def reach(page, control):
    """Go to a control by the tab key."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if control.evaluate("(it) => it === document.activeElement"):
            return
    raise AssertionError("the tab key does not lead there")


def saved(page, tmp_path):
    reach(page, page.locator(".save"))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "decisions.json"
    path = tmp_path / "decisions.json"
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("width", WIDTHS)
def test_keys_decide_and_what_was_decided_is_saved(opened, given, tmp_path, width):
    page = opened(width)
    ids = [each.id for each in given.audit.suspicions]
    assert left(page) == "6 of 6 left; 0 accepted, 0 rejected"
    press(page, "y")
    assert left(page) == "5 of 6 left; 1 accepted, 0 rejected"
    assert "(2 of 6)" in shown(page)
    press(page, "n", "ArrowRight", "y")
    assert left(page) == "3 of 6 left; 2 accepted, 1 rejected"
    decisions = read_decisions(saved(page, tmp_path), given.audit)
    assert decisions == Decisions(given.audit.split_sha256, (ids[0], ids[3]), (ids[1],))


@pytest.mark.parametrize("width", WIDTHS)
def test_undo_takes_back_one_decision_after_the_other_and_goes_back_to_it(opened, width):
    page = opened(width)
    press(page, "y", "n", "y")
    for number, expected in ((3, "4 of 6 left; 1 accepted"), (2, "5 of 6"), (1, "6 of 6 left")):
        press(page, "u")
        assert left(page).startswith(expected)
        assert f"({number} of 6)" in shown(page)
    press(page, "u")
    assert left(page).startswith("6 of 6 left")
    assert "nothing to take back" in page.locator(".message").inner_text()


def test_undo_gives_back_what_had_been_decided_before(opened):
    page = opened()
    press(page, "y", "ArrowLeft", "n", "u")
    assert left(page) == "5 of 6 left; 1 accepted, 0 rejected"


def test_the_arrow_keys_stop_at_the_ends(opened):
    page = opened()
    press(page, "ArrowLeft")
    assert "(1 of 6)" in shown(page)
    press(page, *["ArrowRight"] * 9)
    assert "(6 of 6)" in shown(page)


def test_behind_the_last_it_goes_on_with_the_first_that_is_undecided(opened):
    page = opened()
    press(page, "y", *["ArrowRight"] * 5, "n")
    assert "(2 of 6)" in shown(page)
    press(page, *"yyyy")
    assert left(page) == "0 of 6 left; 5 accepted, 1 rejected"


def test_keys_with_others_held_or_held_long_decide_nothing_more(opened):
    page = opened()
    press(page, "Control+y", "Alt+n", "Shift+ArrowRight")
    assert left(page).startswith("6 of 6 left")
    page.keyboard.down("y")
    page.keyboard.down("y")  # as a key that is held repeats
    page.keyboard.up("y")
    assert left(page).startswith("5 of 6 left")


def test_decisions_are_there_when_the_page_is_opened_again(opened):
    page = opened()
    press(page, "y", "n")
    page.reload()
    assert left(page) == "4 of 6 left; 1 accepted, 1 rejected"
    assert "(3 of 6)" in shown(page)
    again = opened(context=page.context)
    assert left(again) == "4 of 6 left; 1 accepted, 1 rejected"


def test_a_browser_that_keeps_nothing_is_no_obstacle(opened, given, tmp_path):
    refuse = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } });"
    page = opened(script=refuse)
    press(page, "y")
    assert "save the decisions before you close it" in page.locator(".message").inner_text()
    decisions = read_decisions(saved(page, tmp_path), given.audit)
    assert decisions.accepted == (given.audit.suspicions[0].id,)


def load(page, path):
    reach(page, page.locator(".load"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(path)
    return page.locator(".message")


@pytest.mark.parametrize("width", WIDTHS)
def test_saved_decisions_can_be_loaded_again_elsewhere(opened, tmp_path, width):
    first = opened(width)
    press(first, "y", "n", "y")
    path, other = saved(first, tmp_path), opened(width)
    assert left(other).startswith("6 of 6 left")
    message = load(other, path)
    playwright.expect(message).to_have_text("Loaded: 3 decisions.")
    assert left(other) == "3 of 6 left; 2 accepted, 1 rejected"
    press(other, "u")
    assert left(other).startswith("6 of 6 left")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "this is no file of decisions"),
        ('{"split_sha256": 3}', "this is no file of decisions"),
        ('{"split_sha256": "x", "accepted": "all"}', "this is no file of decisions"),
        ('{"split_sha256": "x"}', "these are of another set of labels"),
        ("SHA", "Loaded: 1 decisions; 2 of suspicions that are not here were left out."),
    ],
)
def test_a_file_that_is_none_or_of_others_is_said_and_harms_nothing(
    opened, given, tmp_path, text, words
):
    path = tmp_path / "d.json"
    if text == "SHA":
        accepted = ["missing-test-0", "gone", "__proto__"]
        text = json.dumps({"split_sha256": given.audit.split_sha256, "accepted": accepted})
    path.write_text(text)
    page = opened()
    press(page, "ArrowRight", "n")
    playwright.expect(load(page, path)).to_contain_text(words)
    assert "1 rejected" in left(page)


def choose(page, name, value):
    page.locator(f"[data-filter={name}]").select_option(value)


def test_kind_class_and_decision_choose_what_is_shown(opened, given):
    page = opened()
    every = given.audit.suspicions
    for kind in {each.kind for each in every}:
        choose(page, "kind", kind)
        number = sum(each.kind == kind for each in every)
        assert page.locator(".strip button").count() == number
        assert f"(1 of {number})" in shown(page)
    choose(page, "kind", "")
    for label in range(len(given.audit.classes)):
        choose(page, "label", str(label))
        number = sum(label in (each.label, each.proposed) for each in every)
        assert page.locator(".strip button").count() == number
    choose(page, "label", "")
    choose(page, "decided", "undecided")
    press(page, "Tab", "y", "y")
    assert page.locator(".strip button").count() == 4
    choose(page, "decided", "rejected")
    assert page.locator(".nothing").is_visible()
    assert not page.locator(".desk").is_visible()


def test_a_kind_is_chosen_without_a_mouse(opened, given):
    page = opened()
    kind = page.locator("[data-filter=kind]")
    reach(page, kind)
    press(page, "ArrowDown")
    first = kind.input_value()
    number = sum(each.kind == first for each in given.audit.suspicions)
    assert f"(1 of {number})" in shown(page)
    press(page, "y")  # while a list has the keys, they are the list's
    assert left(page).startswith("6 of 6 left")


def test_the_boxes_are_the_labels_the_proposals_and_what_contenders_see(opened, given):
    page = opened()
    data = json.loads(page.locator("#audit-data").text_content())
    for place, each in enumerate(data["suspicions"]):
        for kind in ("labelled", "proposed"):
            box = each["label_box" if kind == "labelled" else "proposed_box"]
            assert page.locator(f"rect.{kind}").count() == (box is not None)
        for number in range(len(NAMES)):
            drawn = page.locator(f".photograph rect.series-{number + 1}").count()
            assert drawn == len(each["seen"][number])
        picture = page.locator(".photograph img")
        picture.evaluate("(image) => image.decode()")
        assert picture.evaluate("(image) => image.naturalWidth") == each["crop"][2]
        assert f"({place + 1} of" in shown(page)
        press(page, "ArrowRight")
    reach(page, page.locator("input.boxes"))
    press(page, "Space")
    assert not page.locator("rect.labelled, rect.proposed").first.is_visible()


def test_a_class_called_script_is_a_class(opened):
    page = opened()
    assert page.title() == "toys & <b>co</b>: labels to look at"
    assert page.locator("[data-filter=label] option", has_text="document.title").count() == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_reached_by_the_tab_key_is_called_something_and_seen(opened, width):
    page = opened(width)
    visible = page.locator(CONTROLS).evaluate_all(
        "(all) => all.filter((e) => e.checkVisibility()).length"
    )
    seen = set()
    for _ in range(2 * visible):
        page.keyboard.press("Tab")
        place = page.evaluate(
            f"[...document.querySelectorAll('{CONTROLS}')].indexOf(document.activeElement)"
        )
        if place < 0:
            continue
        seen.add(place)
        assert page.evaluate(NAME)
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{style}.outlineStyle") == "solid"
        assert page.evaluate(f"parseFloat({style}.outlineWidth)") >= 2
    assert len(seen) == visible


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_in_light_and_dark(opened, scheme):
    for width in WIDTHS:
        page = opened(width, color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightest = max(map(int, re.findall(r"\d+", paper)[:3]))
        assert (brightest > 128) == (scheme == "light")


@pytest.fixture(scope="module")
def large(given, tmp_path_factory):
    """A page of five hundred suspicions of noise, which no picture is larger than."""
    test = given.dataset.splits["test"]
    every = [
        msgspec.structs.replace(
            suspicion(*("nothing_there", "test", n % len(test), test[n % len(test)]), object=n % 3),
            id=str(n),
            probability=1 - n / MANY,
        )
        for n in range(MANY)
    ]
    audit = msgspec.structs.replace(given.audit, suspicions=tuple(every))
    folder = tmp_path_factory.mktemp("large")
    return write_audit_page(folder, given.run.metrics, audit, given.dataset, given.found)


@pytest.mark.parametrize("width", WIDTHS)
def test_five_hundred_suspicions_are_painted_within_a_second(opened, large, width):
    assert large.stat().st_size <= MOST_BYTES
    page = opened(width, path=large)
    assert page.evaluate(PAINTED_MS) <= 1000
    assert left(page).startswith("500 of 500 left")
    pictures = page.locator(".strip img[src]").count()
    assert 0 < pictures < 100  # the others are decoded once they come near
