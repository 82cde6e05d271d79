"""Grids of comparisons: many cells, one store, any number of workers."""
