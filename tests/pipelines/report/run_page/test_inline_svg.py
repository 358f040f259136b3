import re

import matplotlib as mpl
import pytest
from defusedxml.ElementTree import fromstring
from matplotlib.figure import Figure

from pipelines.report.run_page.inline_svg import INK, SERIES, STYLE, inline


@pytest.fixture(scope="module")
def drawn():
    def one(name):
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(3, 2))
            axes = figure.subplots()
            axes.plot([0, 1], [0, 1], color=SERIES[1])
            axes.plot([0, 1], [1, 0], "o", color=INK)
            axes.set(xlabel="recall")
        return inline(figure, name, 'a "line" <up>')

    return {name: one(name) for name in ("first", "second")}


def test_it_is_one_element_with_a_text_for_those_who_do_not_see_it(drawn):
    root = fromstring(drawn["first"])
    assert root.tag.endswith("svg")
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "line" <up>'
    assert root.get("width") is None
    assert root.get("viewBox")
    assert "recall" in "".join(root.itertext())


def test_it_takes_the_colours_and_fonts_of_the_page(drawn):
    text = drawn["first"]
    assert "var(--series-2)" in text
    assert "var(--ink)" in text
    assert "#0102" not in text
    assert "DejaVu" not in text
    assert "<style" not in text


def test_two_figures_share_no_id_and_every_reference_has_its_target(drawn):
    ids = {name: re.findall(r' id="([^"]+)"', text) for name, text in drawn.items()}
    assert ids["first"]
    assert not set(ids["first"]) & set(ids["second"])
    for name, text in drawn.items():
        wanted = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
        assert {one or other for one, other in wanted} <= set(ids[name])
        assert wanted
