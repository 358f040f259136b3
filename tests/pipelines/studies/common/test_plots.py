import math

from pipelines.studies.common.plots import COLOURS, colours, new_figure, ring, save


def test_the_same_figure_gives_the_same_files(tmp_path):
    for folder in ("a", "b"):
        figure = new_figure(3, 2)
        figure.subplots().plot([0, 1], [0, 1])
        save(figure, tmp_path / folder, "time")
    for kind in ("png", "svg"):
        first, second = (tmp_path / folder / f"time.{kind}" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"time.png", "time.svg"}


def test_each_contender_has_a_colour_of_its_own_however_many_there_are():
    names = [str(number) for number in range(len(COLOURS) + 1)]
    assert list(colours(names)) == names
    assert len(set(colours(names[:-1]).values())) == len(COLOURS)


def test_only_the_points_within_a_plot_are_ringed_and_named():
    axes = new_figure(3, 2).subplots()
    axes.plot([10, 1000], [0, 1])
    limits = axes.get_xlim()
    ring(axes, [(120.4, 0.5), (5000.0, 0.5), (math.nan, 0.5), (20.0, math.nan)])
    assert [text.get_text() for text in axes.texts] == ["120"]
    assert len(axes.lines) == 2
    assert axes.get_xlim() == limits
