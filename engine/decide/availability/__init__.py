"""How many units of SKUs orders could get: on a channel, wherever it goes, or to a known destination."""
