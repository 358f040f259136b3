import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.system import fonts
from pipelines.system.fonts import lay_out, undrawn


def drawn(name):
    """The ink of a name, ``(40, 400)`` bool."""
    image = Image.new("L", (400, 40))
    lay_out(name, 16).draw(ImageDraw.Draw(image), 4, 8, "white")
    return np.asarray(image) > 99


@pytest.fixture
def no_other_fonts(monkeypatch):
    fonts._font_of.cache_clear()
    monkeypatch.setattr(fonts, "_installed", tuple)
    yield
    fonts._font_of.cache_clear()


@pytest.mark.parametrize("name", ["Лев", "Ελλάδα", "žluťoučký", "café"])
def test_names_in_other_scripts_are_drawn_in_a_font_that_has_them(name):
    assert undrawn([name]) is None
    letters = [drawn(letter) for letter in dict.fromkeys(name)]
    same = [np.array_equal(a, b) for n, a in enumerate(letters) for b in letters[:n]]
    assert not any(same)  # as empty squares would be


def test_a_name_that_one_font_has_is_drawn_in_it_alone():
    assert len(lay_out("Лев 1", 16).parts) == 1
    assert len(lay_out("box 1", 16).parts) == 1


@pytest.mark.usefixtures("no_other_fonts")
def test_letters_that_no_font_has_are_drawn_as_their_codes_and_said():
    assert lay_out("盒 a", 16).parts[0][0] == "\\u76d2 a"
    sentence = undrawn(["盒 a", "b 📦"])
    assert sentence.startswith("no font on this machine has 盒 📦;")
    assert undrawn(["box", "disc [/b]"]) is None


def test_marks_that_only_join_are_no_letters():
    shown = "".join(text for text, _, _ in lay_out("a\ufe0f\u200d\u2060b", 16).parts)
    assert shown.replace("\ufe0f", "").replace("\u200d", "").replace("\u2060", "") == "ab"


def test_the_box_of_a_line_holds_its_ink():
    line = lay_out("disc 😀 Лев", 16)
    ys, xs = np.nonzero(drawn("disc 😀 Лев"))
    left, top, right, bottom = line.box
    assert 4 + left - 1 <= xs.min()
    assert xs.max() <= 4 + right + 1
    assert 8 + top - 1 <= ys.min()
    assert ys.max() <= 8 + bottom + 1
