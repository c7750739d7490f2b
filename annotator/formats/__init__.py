"""Label files: one module per format. Only these modules know conventions other than the model's."""
