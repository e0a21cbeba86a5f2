"""Policy versions: reviewed, checked against the network, published, activated and rolled back."""
