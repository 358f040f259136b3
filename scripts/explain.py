"""Explain one image: which pixels mattered to each contender of a finished run.

Exit 0 when done, 2 for bad usage or bad input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pipelines.system.interrupted_imports  # noqa: F401 - for what it does
from pipelines.system.command_line import Options, run, say, whole


def parser() -> Options:
    """Return the command line's parser."""
    made = Options(__doc__)
    made.add_argument("run", type=Path, metavar="RUN", help="folder of a finished comparison")
    made.add_argument("image", type=Path, metavar="IMAGE", help="any image file")
    made.add_argument("--output", type=Path, metavar="DIR", help="for PNG and SVG (RUN/explained)")
    made.add_argument(
        "--masks",
        type=whole(2, 10**6),
        default=256,
        metavar="N",
        help="of D-RISE (256); at least 2, one for each of two runs",
    )
    made.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of the masks")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Explain; return the exit status."""
    return run("explain", parser(), argv, explained)


def explained(arguments: argparse.Namespace) -> int:
    """Explain the image, write the pictures and print the figures; return the exit status."""
    # From here on it takes seconds to import.
    from datasets.images import load_image
    from pipelines.runs.finished import open_run
    from pipelines.studies.common.plots import save
    from pipelines.studies.interpretability.explain_image import draw_explanations, explain_image
    from pipelines.studies.interpretability.explainers import load_explainers
    from pipelines.system.files import check_output
    from pipelines.system.output_lock import sole_writer
    from pipelines.system.progress import on_terminal
    from pipelines.system.temporary import own_temporary_files

    finished = open_run(arguments.run)
    names, metrics = finished.settings.pipelines, finished.metrics
    image = load_image(arguments.image)
    folder, stem = arguments.output or finished.folder / "explained", arguments.image.stem

    def check() -> None:  # in a folder of the user's it may be a picture
        for name in (f"{stem}.png", f"{stem}.svg"):
            check_output(
                folder / name,
                "explanation of this command",
                lambda path: arguments.output is None,
                apart_from=[arguments.image],
            )

    check()
    with own_temporary_files():
        explainers = load_explainers(finished.folder, metrics.pipelines, names)
        found = explain_image(explainers, image, arguments.masks, arguments.seed, on_terminal)
    if not found:
        say(f"{arguments.image}: nothing is found that there is to explain")
        return 0
    classes = metrics.dataset.classes
    with sole_writer(folder):
        check()  # another may have written meanwhile
        save(draw_explanations(image, found, classes), folder, stem)
    for each in found:
        figures = ", ".join(
            f"{method} deletion {one.faithfulness.deletion:.3f} "
            f"insertion {one.faithfulness.insertion:.3f}"
            for method, one in each.explanations.items()
        )
        say(
            f"{each.pipeline}: {classes[each.target.label]} {each.score:.3f}; {figures}; "
            f"two runs of D-RISE agree by {each.explanations['D-RISE'].agreement:.2f}"
        )
    say(f"{folder}: {stem}.png and .svg")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
