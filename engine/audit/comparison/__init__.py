"""How a replay is compared with what was recorded, in whatever form that was logged."""
