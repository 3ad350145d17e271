# What if we had upgraded in March? Both ways are played, and compared to the cent.
title: What if we had upgraded in March?

2026-01-01 catalog
  meters:
    tokens: {event_type: tokens, measure: sum, property: tokens, unit: tokens}
  plans:
    team:
      currency: USD
      prices:
        seats: {quantity: seats, shape: per_unit, unit: 10, charged: advance}
        tokens: {meter: tokens, shape: per_unit, unit: 0.01}
2026-01-01 subscribe acme team seats=10
2026-01-20 usage acme tokens 4000
2026-02-01 close
2026-02-01 invoice acme 140.00 USD
  seats 10 100.00
  tokens 4000 40.00

2026-02-20 save "before March"
2026-02-20 fork upgraded of "before March"
2026-02-20 in upgraded agree acme team seats=25

# From here on two worlds: what happens in one does not happen in the other.
2026-03-15 usage acme tokens 1000
2026-03-20 in upgraded usage acme tokens 3000
2026-04-01 close
2026-04-01 in upgraded close
2026-04-01 invoice acme 110.00 USD
2026-04-01 in upgraded invoice acme 280.00 USD

# Twice 150 more for seats, and 20 more for tokens.
2026-04-01 compare original upgraded 320 USD
  acme 320
2026-04-01 invoices acme 4
