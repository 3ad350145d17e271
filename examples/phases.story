# A trial of 14 days, a month at half the price, and then what goes on for ever.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    growth:
      currency: USD
      prices:
        platform: {shape: flat, fee: 30, charged: advance}
        calls: {meter: calls, shape: per_unit, unit: 0.10}
      phases:
        trial: {name: Trial, lasts: 14 days, trial: true, usage: free}
        ramp: {name: First month, lasts: 1 month, change: {calls: {unit: 0.05}, platform: {fee: 15}}}
2026-01-01 subscribe acme growth
2026-01-05 event acme call repeat 100
2026-01-15 close
2026-01-15 invoice acme 8.23 USD
  platform 1 8.23
  calls 100 0.00
2026-01-20 event acme call repeat 100
2026-02-01 close
2026-02-01 invoice acme 12.50 USD
  platform 1 7.50
  calls 100 5.00
2026-02-15 close
2026-02-15 invoice acme 15.00 USD
  platform 1 15.00
  calls 0 0.00
2026-02-20 event acme call repeat 100
2026-03-01 close
2026-03-01 invoice acme 40.00 USD
  platform 1 30.00
  calls 100 10.00
