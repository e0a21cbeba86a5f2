"""The ways to ship: distance, calendar, lanes, price, options."""
