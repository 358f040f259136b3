from pipelines.evaluation.operating_point import ConfusionMatrix
from pipelines.report.run_page.tables import confusions, setting_text
from pipelines.runs.compare import flat


def test_the_pairs_most_often_confused_come_first():
    matrix = ((5, 1, 0), (4, 9, 2), (0, 3, 0))
    assert confusions(ConfusionMatrix(("cat", "dog", "background"), matrix)) == [
        ("dog", "cat", 4),
        ("background", "dog", 3),
        ("dog", "background", 2),
        ("cat", "dog", 1),
    ]


def test_nested_settings_have_names_with_dots():
    files = [{"name": "mine", "path": "det.json"}]
    settings = {"seed": 0, "yolo": {"width": 8, "flips": []}, "limit": None, "files": files}
    assert [(name, setting_text(value)) for name, value in flat(settings)] == [
        ("seed", "0"),
        ("yolo.width", "8"),
        ("yolo.flips", "–"),
        ("limit", "–"),
        ("files", "mine=det.json"),
    ]
