"""Print jobs: which paper is to be printed at which node."""
