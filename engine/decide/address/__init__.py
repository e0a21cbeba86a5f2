"""Where an order goes: its country, the spelling of its postcode, and a place for what has no coordinates."""
