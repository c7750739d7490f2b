"""FiftyOne's data set folders: whole data sets (``samples.json``), and video labels of ETA (``labels/NAME.json``)."""
