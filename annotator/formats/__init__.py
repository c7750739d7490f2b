"""Label files: one module per format. Only these modules know other conventions than the model's."""
