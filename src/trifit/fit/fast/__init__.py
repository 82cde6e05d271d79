"""The fast parts, and the only place that touches private parts of PyTensor and nutpie.

``kernel`` is the likelihood in one pass over the rows; ``fused`` puts it into a compiled graph;
``backend`` compiles graphs once. ``machine`` is what log densities in machine code share, of
``linear`` models and of any ``graph``; ``callback`` hands them to NUTS.
"""
