import msgspec
import pytest
from toy_audit import ODD, audited, suspicion, write_audit

from datasets.progress import silently
from pipelines.audit.effect import effect_on, write_effect
from pipelines.report.run_page.labels import SHOWN, images_of_labels, label_section
from pipelines.report.run_page.page import write_report


@pytest.fixture
def given(tmp_path):
    return audited(tmp_path)


def paths(dataset):
    return {image.name: image.path for images in dataset.splits.values() for image in images}


def report(given):
    return write_report(given.run.folder, paths(given.dataset), silently).read_text("utf-8")


def test_a_run_without_an_audit_has_no_such_section(given):
    (given.run.folder / "audit" / "audit.json").unlink()
    assert images_of_labels(given.run.folder) == []
    assert 'id="labels"' not in report(given)
    assert 'href="#labels"' not in report(given)


def test_the_likeliest_suspicions_come_into_the_report_of_their_run(given):
    text = report(given)
    assert 'href="#labels"' in text
    section = text[text.index('id="labels"') : text.index('id="data"')]
    assert section.count("<figure>") == len(given.audit.suspicions)
    assert "6 suspicions: missing label 2, wrong class 1" in section
    assert section.count("data:image/webp;base64,") == len(given.audit.suspicions)
    assert section.count('class="labelled"') == 4
    assert section.count('class="proposed"') == 3
    assert ODD not in text
    assert "audit.html" not in section  # there is no such page


def test_of_many_suspicions_the_first_twelve_are_shown(given):
    test = given.dataset.splits["test"]
    many = [
        suspicion("nothing_there", "test", number, test[number % 3], 0.9, object=0)
        for number in (0, 1, 2) * 8
    ]
    many = [msgspec.structs.replace(each, id=str(place)) for place, each in enumerate(many)]
    audit = msgspec.structs.replace(given.audit, suspicions=tuple(many))
    write_audit(given.run.folder / "audit", audit)
    section = label_section(given.run, paths(given.dataset))
    assert [each.suspicion.id for each in section.pictures] == [str(n) for n in range(SHOWN)]
    assert SHOWN == 12


def test_it_leads_to_the_page_of_the_audit_where_there_is_one(given):
    (given.run.folder / "audit" / "audit.html").write_text("")
    assert '<a href="audit/audit.html">' in report(given)


def test_what_it_would_change_stands_beside_todays_figures(given):
    effect = effect_on(given.run, given.audit)
    write_effect(given.run.folder / "audit", effect)
    text = report(given)
    section = text[text.index('id="labels"') : text.index('id="data"')]
    assert "4 places ignored" in section
    for figures in effect.figures.values():
        for each in figures.values():
            assert f'<span class="figure">{each.today:.3f}</span>' in section
            assert f'<span class="figure">{each.then:.3f}</span>' in section


def test_an_audit_of_labels_that_have_changed_is_not_shown(given):
    write_audit(
        given.run.folder / "audit", msgspec.structs.replace(given.audit, split_sha256="other")
    )
    assert label_section(given.run, paths(given.dataset)) is None


def test_a_suspicion_of_an_image_that_is_not_at_hand_is_left_out(given):
    tested = {image.name: image.path for image in given.dataset.splits["test"]}
    section = label_section(given.run, tested)
    assert {each.suspicion.split for each in section.pictures} == {"test"}
