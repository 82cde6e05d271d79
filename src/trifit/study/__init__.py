"""Grids of comparisons on simulated worlds: when is a softmax a probability?"""
