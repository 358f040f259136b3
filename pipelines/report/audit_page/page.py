"""``audit.html``: one file on which a person decides about suspicions, without a network.

Its script keeps the decisions in the browser and saves them as ``decisions.json``.
"""

from __future__ import annotations

from pathlib import Path

from datasets.annotations import Dataset
from datasets.progress import Track, silently
from pipelines.audit.correction import audited_image
from pipelines.audit.effect import Effect
from pipelines.audit.suspicion import Audit
from pipelines.report.audit_page.data import Found, page_data
from pipelines.report.one_file import environment, own_code
from pipelines.report.rows import headings
from pipelines.report.run_page import page as run_page
from pipelines.report.run_page.crops import Wanted, crops
from pipelines.report.run_page.labels import (
    AUDIT_PAGE,
    CROP_BYTES,
    known_effect,
    suspected_boxes,
)
from pipelines.report.run_page.photographs import data_uri
from pipelines.report.suspicions import KINDS, alike_rows, audit_sentences, kind_counts
from pipelines.runs.metrics import Metrics
from pipelines.system.files import write_text

MOST_SHOWN = 1000  # a day's work; the likeliest, and an audit of the corrected set finds the rest
CROPS_BYTES = 10_000_000  # all crops of a page together, a third more as text
PARTS, SHARED = Path(__file__).parent, run_page.PARTS
STYLES = (SHARED / "style.css", PARTS / "audit.css")
SCRIPTS = (SHARED / "svg.js", PARTS / "decisions.js", PARTS / "drawing.js", PARTS / "audit.js")


def write_audit_page(
    folder: Path,
    metrics: Metrics,
    audit: Audit,
    dataset: Dataset,
    detections: Found,
    effect: Effect | None = None,
    track: Track = silently,
) -> Path:
    """Write ``audit.html`` into an audit's folder and return its path.

    Args:
        folder: where ``audit.json`` is.
        metrics: of the run that was audited.
        audit: what was found; the likeliest `MOST_SHOWN` are in the page.
        dataset: the set as it was audited.
        detections: by contender, by split, of each image; splits that were not audited may be
            missing.
        effect: what corrected labels would change, if it is known.
        track: watches the images.

    Raises:
        UserError: the set is not as it was audited.
        ImageError: an image can't be read.
    """
    shown = audit.suspicions[:MOST_SHOWN]
    wanted = [Wanted(audited_image(dataset, each).path, suspected_boxes(each)) for each in shown]
    most_bytes = min(CROP_BYTES, CROPS_BYTES // max(len(shown), 1))
    made = crops(wanted, most_bytes, track)
    called = headings(metrics)
    text = (
        environment(PARTS, SHARED)
        .get_template("audit.html.j2")
        .render(
            dataset=audit.dataset,
            sentences=audit_sentences(audit),
            left_out=len(audit.suspicions) - len(shown),
            kinds=[kind for kind, title in KINDS.items() if title in kind_counts(audit)],
            titles=KINDS,
            classes=audit.classes,
            contenders=[called.get(name, name) for name in audit.contenders],
            alike=alike_rows(audit),
            effect=None if effect is None else known_effect(effect, metrics),
            report=folder.parent if (folder.parent / run_page.REPORT).is_file() else None,
            data=page_data(audit, shown, dataset, detections, called, made),
            crops=[data_uri(each.webp) for each in made],
            **own_code(STYLES, SCRIPTS),
        )
    )
    write_text(folder / AUDIT_PAGE, text)
    return folder / AUDIT_PAGE
