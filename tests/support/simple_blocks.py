"""The network with a convolution in the place of each block: trained alike, compiled sooner."""


def take_simple_blocks(patch):
    """Let networks that are built from now on be made of them."""
    import keras
    from keras import layers

    from models.yolo import network

    def c2f(x, channels, depth, shortcut, name):
        del depth, shortcut
        return network.conv(x, channels, 1, name=name)

    def sppf(x, channels, name):
        return network.conv(x, channels, 1, name=name)

    def head(x, hidden, classes, name):
        del hidden
        bias = keras.initializers.Constant(network.CLASS_BIAS)
        boxes = layers.Conv2D(4, 1, activation=network.bounded, name=name + network.BOXES)
        logits = layers.Conv2D(classes, 1, bias_initializer=bias, name=name + network.CLASSES)
        both = layers.Concatenate(name=name)([boxes(x), logits(x)])
        return layers.Reshape((both.shape[1] * both.shape[2], 4 + classes))(both)

    for block in (c2f, sppf, head):
        patch.setattr(network, block.__name__, block)
