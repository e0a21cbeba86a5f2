"""Commands about parcels."""
