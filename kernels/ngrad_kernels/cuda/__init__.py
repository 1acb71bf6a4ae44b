"""The CUDA target. Nothing of CUDA is imported before a device is asked for."""
