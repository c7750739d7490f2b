"""Formats of annotation tools, and tables: CVAT, SLEAP, YOLO, DETRAC, VATIC, CSV, Parquet, mask archives, SA-V."""
