"""Graphs: layouts, ops, nodes, and the passes over them, a file each."""
