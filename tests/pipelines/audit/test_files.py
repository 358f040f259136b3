import csv

from toy_audit import audit_of, suspicions
from witness_scenes import dataset_of, scenes

from pipelines.audit.files import write_audit
from pipelines.audit.reading import read_audit


def test_what_is_written_is_read_again_and_the_table_has_a_row_each(tmp_path):
    dataset = dataset_of(scenes(8))
    audit = audit_of(dataset, "ab", suspicions(dataset))
    write_audit(tmp_path, audit)
    assert read_audit(tmp_path) == audit
    with (tmp_path / "audit.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["id"] for row in rows] == [each.id for each in audit.suspicions]
    missing, wrong = rows[:2]
    assert (missing["label"], missing["object"], missing["label_x1"]) == ("", "", "")
    assert missing["proposed"] == dataset.classes[audit.suspicions[0].proposed]
    assert float(missing["proposed_x2"]) == audit.suspicions[0].proposed_box[2]
    assert float(missing["score_yolo"]) == audit.suspicions[0].scores["yolo"]
    assert (wrong["object"], wrong["score_classical"]) == ("0", "")
