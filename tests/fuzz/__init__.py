"""Every form of the product with values that no form sends."""
