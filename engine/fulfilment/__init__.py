"""What becomes of a shipment between the shelf and the door: parcels, labels, printing, carriers and tracking."""
