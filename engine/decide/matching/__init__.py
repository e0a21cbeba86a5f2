"""Which rules fire: durable-rules on coded facts, remembered by signature."""
