# Usage is billed as soon as 50 USD of it are on no invoice; the month's own invoice bills the rest, and the true-up once.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
    tokens: {event_type: completion, measure: sum, property: tokens}
  plans:
    metered:
      currency: USD
      bill_above: 50
      prices:
        platform: {shape: flat, fee: 20, charged: advance}
        calls: {meter: calls, shape: graduated, tiers: [{up_to: 100, unit: 0.50}, {unit: 0.25}]}
        tokens: {meter: tokens, shape: per_unit, unit: 0.001, minimum: 10}
      commitments:
        floor: {name: Agreed spend, amount: 130}
2026-01-01 subscribe acme metered
2026-01-01 close
2026-01-01 invoice acme 20.00 USD
2026-01-05 event acme call repeat 99
2026-01-05 thresholds
2026-01-05 invoices acme 1
2026-01-07 event acme call
2026-01-07 thresholds
2026-01-07 invoice acme 50.00 USD
  calls 100 50.00
2026-01-07 thresholds
2026-01-07 invoices acme 2
2026-01-20 event acme call repeat 40
2026-01-20 event acme completion tokens=45000
2026-01-20 thresholds
2026-01-20 invoice acme 55.00 USD
  calls 40 10.00
  tokens 45000 45.00
2026-01-25 event acme call repeat 4
2026-02-01 close
2026-02-01 invoice acme 25.00 USD
  platform 1 20.00
  calls 4 1.00
  tokens 0 0.00
  floor 1 4.00
2026-02-02 event acme call on 2026-01-30 repeat 4
2026-03-01 close
2026-03-01 invoice acme 130.00 USD
  platform 1 20.00
  calls 0 0.00
  tokens 0 10.00
  floor 1 100.00
  calls 4 1.00
  floor 1 -1.00
