"""What other policies would have decided: logged decisions made again, added up and compared."""
