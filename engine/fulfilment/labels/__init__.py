"""Papers that go with parcels, as PDF and ZPL. Pure: values in, bytes out, the same bytes for the same values."""
