# 1,000 API keys at 0.004 each owe 4.00 and not 0.00: a line is rounded once, over all its groups.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count, unit: calls, groups: [key]}
  plans:
    api:
      currency: USD
      prices:
        calls: {meter: calls, group_by: [key], shape: per_unit, unit: 0.004}
2026-01-01 subscribe acme api
2026-01-05 event acme call key=key-{n} repeat 1000
2026-02-01 close
2026-02-01 invoice acme 4.00 USD
  calls 1000 4.00
