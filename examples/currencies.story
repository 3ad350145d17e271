# A yen has no cents and a dinar has a thousand fils: each currency is rounded to its own, and half goes away from zero.
2026-01-01 plan tokyo JPY
  tokens  per_unit 0.5
2026-01-01 plan kuwait KWD
  tokens  per_unit 0.0005
2026-01-01 subscribe sakura tokyo
2026-01-01 subscribe noor kuwait
2026-01-05 usage sakura tokens 2.9
2026-01-05 usage sakura tokens 0.1
2026-01-05 usage noor tokens 1
2026-02-01 close
2026-02-01 invoice sakura 2 JPY
2026-02-01 invoice noor 0.001 KWD
# One plan may be sold in several currencies; the customer's is agreed.
2026-02-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    world:
      currencies: [USD, EUR]
      prices:
        calls: {meter: calls, shape: per_unit, unit: {USD: 0.10, EUR: 0.09}}
2026-02-01 subscribe acme world currency EUR
2026-02-01 subscribe other world currency GBP !! has them in USD, EUR
2026-02-05 event acme call repeat 10
2026-03-01 close
2026-03-01 invoice acme 0.90 EUR
