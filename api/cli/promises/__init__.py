"""What may be promised before anything is ordered: units free to a channel, quotes, promises for product pages."""
