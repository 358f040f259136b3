"""Put faults into clean labels, train on folds of them, and print how well an audit finds them.

    python scripts/measure/audit.py --dataset ../shared/data/cards/images sample
    python scripts/measure/audit.py --dataset sample --set yolo.updates=300 --limit 40

Of all labels 5 % are removed, 5 % get another class, 5 % are moved by a third of their side, and
2 % are invented beside. Cut off, the same command goes on where it was; what was detected is kept,
so that the same command scores again in seconds. What is found of labels as they were may be right:
with ``--draw N`` so many places are drawn that lack a label nobody removed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import numpy as np

from datasets.boxes import iou
from pipelines.audit.suspicion import Suspicion
from pipelines.audit.witnesses import Witnessed
from pipelines.settings import RunSettings, completed, quickened, with_setting
from pipelines.system.command_line import Options, command, real, whole
from scripts.measure.common import print_table
from scripts.measure.label_faults import SHARES, Faults, hits, with_faults
from scripts.measure.object_lab import object_lab

STOPPED = "the same command goes on where it was"
COLUMNS = ("faults", "witnesses", "p@10", "p@50", "p@injected", "recall", "area", "expected")
TOGETHER, MEAN = "together", "mean score"
DRAWN_SEED = 0

OPTIONS = Options(__doc__)
option = OPTIONS.add_argument
option("--dataset", nargs="+", default=["sample"], help="folders, or sample")
option("--folds", type=whole(2, 100), default=3, metavar="K")
option("--seed", type=whole(0), default=0, help="of the faults, folds and trainings")
option("--pipelines", nargs="+", default=["classical", "yolo"], metavar="NAME")
option("--minutes", type=real(0, 1e9, above=True), help="of each network's training")
option("--limit", type=whole(1), help="images a split")
option("--quick", action="store_true", help="trainings of a minute-sized run")
option("--set", action="append", default=[], metavar="NAME=VALUE")
option("--draw", type=whole(0), default=0, metavar="N", help="missing labels that none removed")
option("--output", type=Path, default=Path("runs/measure-audit"))


@command("measure_audit", OPTIONS, STOPPED)
def main(arguments: argparse.Namespace) -> int:
    """Train, audit and print; return 0."""
    for name in arguments.dataset:
        given, faults, place = trained(arguments, name)
        rows = [row for kind in SHARES for row in rows_of(given, faults, kind)]
        title = f"{Path(name).name}: {len(given.images)} images, {arguments.folds} folds"
        print_table(title, COLUMNS, rows)
        if arguments.draw:
            draw(given, faults, arguments.draw, place / "missing.png")
    return 0


def trained(arguments: argparse.Namespace, name: str) -> tuple[Witnessed, Faults, Path]:
    """Return a set with faults, what was found in its folds, the faults, and where cells are."""
    from pipelines.audit.fold_trainings import Costs, by_split, cells_of, found_in_folds
    from pipelines.audit.folds import folds
    from pipelines.audit.witnesses import witnessed
    from pipelines.runs.data import read_checked
    from pipelines.system.progress import on_terminal

    settings = RunSettings(seed=arguments.seed, limit=arguments.limit)
    settings = quickened(settings) if arguments.quick else settings
    settings = replace(settings, dataset=name, pipelines=tuple(arguments.pipelines))
    settings = replace(settings, train_minutes=arguments.minutes)
    settings = completed(reduce(with_setting, arguments.set, settings))
    faulty, faults = with_faults(read_checked(settings), arguments.seed)
    divided = folds(faulty, arguments.folds, arguments.seed)
    place = arguments.output / Path(name).name
    cells = cells_of(place, faulty, arguments.folds, settings)
    found = found_in_folds(divided, settings, cells, Costs({}), on_terminal)
    detections, asked = by_split(faulty, found)
    return witnessed(faulty, detections, asked), faults, place


def rows_of(given: Witnessed, faults: Faults, kind: str) -> Iterator[list[str]]:
    """Yield a row of figures of each way to find faults of a kind."""
    for name, ranked in ways(given).items():
        of_kind = [each for each in ranked if each.kind == kind]
        yield [kind, name, *figures(of_kind, faults, kind)]


def ways(given: Witnessed) -> dict[str, list[Suspicion]]:
    """Return the suspicions, the likeliest first, of all witnesses and of what else there is."""
    from pipelines.audit.find import find

    names = given.names
    made = {TOGETHER: list(find(given, least=0.0).suspicions)}
    if len(names) > 1:
        made |= {name: list(find(given.by(name), least=0.0).suspicions) for name in names}
        made[MEAN] = by_mean_score(made[TOGETHER], len(names))
    return made | {f"ObjectLab, {name}": object_lab(given.by(name)) for name in names}


def by_mean_score(suspicions: Sequence[Suspicion], witnesses: int) -> list[Suspicion]:
    """Return the same places by the mean score of the witnesses, with no model of their mistakes.

    Of badly placed boxes it is times one less the IoU, of labels of nothing one less it.
    """
    rated = []
    for each in suspicions:
        mean = sum(each.scores.values()) / witnesses
        if each.kind == "nothing_there":
            mean = 1 - mean
        if each.kind == "badly_placed":
            mean *= 1 - iou(np.array([each.label_box]), np.array([each.proposed_box]))[0, 0]
        rated.append((mean, each))
    return [each for _, each in sorted(rated, key=lambda pair: -pair[0])]


def figures(ranked: Sequence[Suspicion], faults: Faults, kind: str) -> list[str]:
    """Return precision, recall, area and how many were expected among as many as injected."""
    injected = faults.count(kind)
    right = np.array(hits(ranked, faults), bool)
    found = np.cumsum(right)
    precision = found / np.arange(1, len(right) + 1)
    area = float(precision[right].sum() / injected) if injected else np.nan
    shown = [f"{right[:most].sum() / most:.2f}" if most else "-" for most in (10, 50, injected)]
    recall = right.sum() / injected if injected else np.nan
    expected = sum(each.probability for each in ranked[:injected])
    return [*shown, f"{recall:.2f}", f"{area:.3f}", f"{expected:.0f}/{injected}"]


def draw(given: Witnessed, faults: Faults, count: int, path: Path) -> None:
    """Draw likely missing labels that nobody removed, some by chance, and print where."""
    from PIL import Image

    from datasets.annotations import Annotations
    from pipelines.audit.find import find
    from pipelines.report.images.contact_sheet import contact_sheet

    found = [each for each in find(given).suspicions if each.kind == "missing"]
    real = zip(found, hits(found, faults), strict=True)
    others = [each for each, is_removed in real if not is_removed and each.probability >= 0.5]
    random = np.random.default_rng(DRAWN_SEED)
    chosen = [others[n] for n in np.sort(random.permutation(len(others))[:count])]
    images = {each.image.name: each.image for each in given.images}
    tiles = [
        replace(images[e.file], annotations=Annotations([e.proposed_box], [e.proposed]))
        for e in chosen
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(contact_sheet(tiles, given.classes)).save(path)
    print(f"{len(others)} likely missing labels that none removed; {len(chosen)} of them: {path}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
