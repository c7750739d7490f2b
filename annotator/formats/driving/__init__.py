"""Data sets of road traffic: Scalabel and BDD100K, KITTI, MOTS, UAVDT."""
