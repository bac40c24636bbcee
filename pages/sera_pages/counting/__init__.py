"""Pages on which people count and write down what they did."""
