"""Policy versions: published, reviewed, activated, held against the network."""
