"""Formats of annotation tools and of tables: CVAT, SLEAP, YOLO, DETRAC, VATIC, CSV, Parquet, mask archives, SA-V."""
