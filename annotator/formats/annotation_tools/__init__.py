"""Formats of annotation tools that need one module each: Label Studio, LabelMe, VIAME, DIVE, VIA, VATIC, YOLO.

Tools with several modules have rooms of their own.
"""
