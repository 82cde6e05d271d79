"""The fast parts, and the only place that touches private parts of PyTensor and nutpie.

``kernel`` is the likelihood in one pass over the rows; ``callback`` hands it to NUTS as
machine code; ``fused`` puts it into a compiled graph; ``backend`` compiles graphs once.
"""
