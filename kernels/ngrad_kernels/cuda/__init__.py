"""The CUDA target's kernels: bodies and spaces as source text for a GPU's threads, and its PTX.

Nothing here is imported by `import ngrad`: whoever uses a GPU imports what it needs.
"""
