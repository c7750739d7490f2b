"""Files in the layout that the published SAM2MOT reads and leaves. They serve data set runs, not exports."""
