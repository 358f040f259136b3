import numpy as np

from models.classical.channels import cells, channels, signed_cells


def test_edges_fall_into_the_bin_of_their_direction():
    upright = np.zeros((64, 64, 3), np.uint8)
    upright[:, 32:] = 255
    box = np.array([[0.0, 0, 64, 64]])
    strengths, _ = cells(channels(upright), box, 1, 1)
    assert strengths[0, 0, 0].argmax() in {0, 8}  # an upright edge's gradient is at 0° or 180°
    strengths, _ = cells(channels(upright.transpose(1, 0, 2).copy()), box, 1, 1)
    assert strengths[0, 0, 0].argmax() == 4


def test_signed_orientations_are_the_unsigned_ones_by_the_way_they_point():
    random = np.random.default_rng(0)
    levels = channels(random.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    boxes = np.array([[0.0, 0, 64, 64], [5, 9, 30, 40], [100, 100, 140, 140]])
    signed, (unsigned, _) = signed_cells(levels, boxes, 3, 4), cells(levels, boxes, 3, 4)
    np.testing.assert_allclose(signed[..., :9] + signed[..., 9:], unsigned, atol=1e-6)
    upright = np.zeros((64, 64, 3), np.uint8)
    upright[:, 32:] = 255
    ways = [
        signed_cells(channels(image), boxes[:1], 1, 1)[0, 0, 0].argmax()
        for image in (upright, 255 - upright)
    ]
    assert ways[0] in {0, 17}
    assert ways[1] in {8, 9}


def test_orientations_agree_with_scikit_image_on_real_texture():
    from skimage.data import astronaut
    from skimage.feature import hog

    image = astronaut()
    boxes = np.array([[100.0, 60, 164, 124], [180, 80, 244, 144], [300, 300, 364, 364]])
    strengths, _ = cells(channels(image), boxes, 8, 8)
    ours = strengths / np.linalg.norm(strengths, axis=3, keepdims=True)
    for row, (x1, y1, x2, y2) in enumerate(boxes.astype(int)):
        theirs = hog(
            image[y1:y2, x1:x2],
            orientations=9,
            pixels_per_cell=(8, 8),
            cells_per_block=(1, 1),
            block_norm="L2",
            channel_axis=-1,
        )
        # Ours shares a pixel between two orientations and sees beyond the crop's border.
        assert np.corrcoef(ours[row].ravel(), theirs)[0, 1] > 0.8


def test_cells_hold_the_means_of_their_pixels():
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    levels = channels(image)
    whole = levels[0].gradients
    strengths, _ = cells(levels, np.array([[8.0, 8, 24, 24]]), 2, 2)
    wanted = whole[24, 16] - whole[16, 16] - whole[24, 8] + whole[16, 8]
    np.testing.assert_allclose(strengths[0, 1, 0], wanted / (64 * 255), rtol=1e-6)


def test_colours_are_told_apart_and_nothing_is_outside_the_image():
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, :40, 0] = image[:, 40:, 2] = 200
    boxes = np.array([[5.0, 5, 35, 35], [45, 5, 75, 35], [100, 100, 140, 140]])
    strengths, colours = cells(channels(image), boxes, 1, 1)
    assert np.abs(colours[0] - colours[1]).max() > 0.3
    assert not strengths[2].any()
    assert not colours[2].any()


def test_a_large_box_is_read_from_a_small_image_and_sees_much_the_same():
    from skimage.data import astronaut

    image = astronaut()
    levels = channels(image)
    strengths, colours = cells(levels, np.array([[0.0, 0, 512, 512]]), 8, 8)
    assert len(levels) > 3
    everything = np.asarray(image, float).mean(axis=(0, 1))
    assert everything.argmax() == 0  # reddish, so Lab's second channel is above its middle
    assert colours[0, :, :, 1].mean() > 0
    assert strengths.shape == (1, 8, 8, 9)
