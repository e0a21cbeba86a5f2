"""Long work in pieces: in this process, in several, or on a Dask cluster."""
