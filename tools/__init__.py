"""Scripts that make what the project bundles: synthetic clips and the models trained on them."""
