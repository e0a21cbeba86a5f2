"""Shipments bounded in weight or units: of a service that takes so much at most, or prices by the shipment's weight."""
