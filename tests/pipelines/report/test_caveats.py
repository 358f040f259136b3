from made_metrics import detector, run
from msgspec import structs

from pipelines.report.caveats import caveats


def pretrained(classes_seen):
    """A run with a contender that had seen other images, and those classes, None for unknown."""
    seen = detector(0.9, pretrained_on="mine.h5")
    seen = structs.replace(seen, model=structs.replace(seen.model, classes_seen=classes_seen))
    return structs.replace(run(yolo=(0.8,)), pipelines={"transfer": seen})


def test_classes_that_a_contender_had_learnt_before_are_named():
    lines = " ".join(caveats(pretrained(("cat",))))
    assert "had learnt cat there" in lines
    assert "not known whether" not in lines


def test_where_it_is_not_known_what_it_had_learnt_that_is_said_with_the_way_out():
    lines = " ".join(caveats(pretrained(None)))
    assert "not known whether transfer" in lines
    assert "--set transfer.backbone_classes=NAMES" in lines
    assert "not known whether" not in " ".join(caveats(pretrained(())))
