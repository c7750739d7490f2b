"""Files in the layout that the published SAM2MOT reads and writes, for data set runs and as a label format."""
