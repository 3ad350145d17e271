# 1.2 % of payments and 0.10 for each; the first three or the first 500.00 are free, whichever ends first.
2026-01-01 catalog
  meters:
    payments: {event_type: payment, measure: sum, property: amount}
  plans:
    card:
      currency: USD
      prices:
        payments: {meter: payments, shape: percentage, rate: 0.012, per_event: 0.10, free_events: 3, free_amount: 500}
2026-01-01 subscribe acme card
2026-01-05 event acme payment amount=200
2026-01-06 event acme payment amount=100
# 300.00 crosses the 500.00: 100.00 of it is paid for, and the next one whole.
2026-01-07 event acme payment amount=300
2026-01-08 event acme payment amount=400
2026-02-01 close
2026-02-01 invoice acme 6.20 USD
  payments 1000 6.20
