"""What it costs: plans, prices, and one module for each shape a price can have."""
