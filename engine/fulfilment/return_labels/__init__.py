"""Labels by which customers send goods back: made, bought where the network names a carrier, drawn and given back."""
