from types import SimpleNamespace

import numpy as np
import pytest

from pipelines.studies.interpretability.explain_image import draw_explanations


@pytest.mark.parametrize("name", ["a$b_{", "$\\nothing$", "Лев", "盒", "a\x1bb"])
def test_a_class_may_have_any_name_in_the_title(name):
    target = SimpleNamespace(box=np.array([1.0, 2, 20, 30]), label=0)
    found = SimpleNamespace(pipeline="classical", target=target, score=0.5, explanations={})
    figure = draw_explanations(np.zeros((40, 50, 3), np.uint8), [found], [name])
    figure.canvas.draw()
