"""Data sets that follow a few given objects, mostly without classes: masks of DAVIS, YouTube-VOS and SA-V, boxes of
GOT-10k and LaSOT."""
