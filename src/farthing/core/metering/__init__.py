"""How much was used: usage events, meters, and what each measure makes of them."""
