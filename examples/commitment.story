# 1,000 a month are agreed, the fee paid ahead counts; what is missing is a line of its own, what is beyond costs a fifth more.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    enterprise:
      currency: USD
      prices:
        platform: {shape: flat, fee: 100, charged: advance}
        calls: {meter: calls, shape: per_unit, unit: 5}
      commitments:
        floor: {name: Agreed spend, amount: 1000, overage: 1.2}
2026-01-01 subscribe acme enterprise
2026-01-01 close
2026-01-01 invoice acme 100.00 USD
2026-01-05 event acme call repeat 100
2026-02-01 close
2026-02-01 invoice acme 1000.00 USD
  platform 1 100.00
  calls 100 500.00
  floor 1 400.00
2026-02-05 event acme call repeat 280
2026-03-01 close
2026-03-01 invoice acme 1600.00 USD
  platform 1 100.00
  calls 280 1400.00
  floor 1 100.00
