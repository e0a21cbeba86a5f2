"""Bounds on what callers may ask for or send, the same over HTTP and on the command line."""

MOST_LETTERS = 200
"""Of a word, such as an id."""
MOST_TAGS = 100
"""Of an order."""
MOST_BATCH_ORDERS = 500
"""Orders of a batch that is sent as one JSON document."""
MOST_BATCH_LINES = 10_000
"""Orders of a batch that is sent as lines of JSON."""
MOST_BATCH_BYTES = 32 << 20
"""Of such a batch: all its orders are in memory while they are decided."""
MOST_ENTRIES = 1_000
"""Of the backlog, at once."""
MOST_CART_LINES = 100
"""Of a cart that is quoted."""
MOST_HOLDS = 1_000
"""Listed at once."""
MOST_ORDERS = 500
"""Listed at once."""
MOST_RETURNS = 500
"""Listed at once."""
MOST_DECISIONS = 1_000
"""Listed at once."""
MOST_NODES = 1_000
"""Of a SKU, listed at once."""
MOST_PRODUCTS = 500
"""Listed at once."""
MOST_LISTED_NODES = 500
"""Of the network, listed at once, each as it is stored."""
MOST_MOVED = 10**9
"""Units of one movement."""
MOST_ON_HAND = 10**12
"""Units of one position."""
MOST_RECEIPTS = 1_000
"""Listed at once."""
MOST_SKUS = 100
"""Whose availability or earliest arrival is asked for at once; a feed has any number."""
MOST_SKUS_SENT = 500
"""Whose availability is asked for in a body."""
MOST_DAYS_AHEAD = 366
"""Over which it is calculated what sells."""
MOST_UNITS = 1_000_000
"""Of one order line."""
LONGEST_AGE = 1 << 31
"""Seconds that an answer may be old; RFC 9111 gives this value to ages too long to be counted."""
MOST_TRANSFERS = 500
"""On one page of the list of transfers."""
MOST_TRACKING_EVENTS = 1_000
"""Of parcels, sent as one JSON document."""
MOST_PACKINGS = 1_000
"""Listed at once."""
