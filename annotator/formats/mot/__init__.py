"""MOTChallenge text files: ground truth, results, detections, and whole data sets in their folders."""
