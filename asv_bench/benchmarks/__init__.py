"""Benchmarks for asv. Kernels are compiled in `setup`, so that what is timed is running them."""
