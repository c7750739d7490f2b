"""Masks as people draw them: brush strokes, outlines of polygons, and operations on whole masks.

Pure NumPy and OpenCV, without Qt and storage. The mask itself is `annotator.model.mask`.
"""
