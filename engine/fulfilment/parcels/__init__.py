"""Packing: which units of a shipment are in which parcel, their SSCCs, and the papers that go with them."""
