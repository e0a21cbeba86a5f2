"""The optimiser: decides which shipment carries how many units of which line, at the least cost, exactly."""
