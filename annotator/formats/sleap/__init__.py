"""SLEAP's label files: instances, boxes and masks in HDF5."""
