"""CVAT's XML for videos and images, and Datumaro, the format in which CVAT exchanges data sets."""
