"""What network files say of parcels, carriers and printers."""
