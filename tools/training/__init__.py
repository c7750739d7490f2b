"""Programs that train, calibrate and measure the built-in models and the weights of the review queue."""
