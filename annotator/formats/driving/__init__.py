"""Formats of road traffic data sets: Scalabel and BDD100K, KITTI, MOTS, UAVDT, UA-DETRAC, VisDrone."""
