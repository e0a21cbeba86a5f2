"""The `transfers` of network.yaml: on which lanes stock is moved between nodes."""
