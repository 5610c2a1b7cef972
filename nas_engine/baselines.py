"""Published networks as architectures, so that the one builder and the one cost walk serve them too."""

from nas_engine.architecture import Architecture, Block, Head, Stem


def nas_bayesian(classes: int = 9) -> Architecture:
    """The network of Table 2, the best of NAS-Bayesian."""
    blocks = (
        Block("kxk", 5, 8, (2, 1)),
        Block("kx1_1xk_dw", 3, 24, (2, 1)),
        Block("kx1_1xk_dw", 3, 32, (2, 2)),
        Block("mobilenet_v1", 3, 32),
        Block("mobilenet_v2_avg_pool", 5, 24, (2, 2)),
        Block("mobilenet_v2", 3, 24),
        Block("identity"),
        Block("mobilenet_v1", 3, 40),
        Block("mobilenet_v2", 3, 32),
        Block("mobilenet_v2", 3, 48, (2, 2)),
        Block("identity"),
        Block("mobilenet_v1", 3, 64),
    )
    return Architecture(Stem(), blocks, Head(classes=classes))
