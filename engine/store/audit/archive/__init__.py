"""The archive: entries of the log that were sealed and have moved from the server into Parquet files, one a day."""
