"""Files in the layout that the published SAM2MOT reads and writes. Used by data set runs, not by exports."""
