"""The CUDA target: bodies and spaces as source text for a GPU's threads, their PTX, and the driver
that runs it.

Nothing here is imported by `import ngrad`: whoever uses a GPU imports what it needs.
"""
