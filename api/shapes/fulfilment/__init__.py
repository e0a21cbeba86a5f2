"""What is sent about parcels."""
