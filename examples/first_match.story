# Prices on one meter are tried in their order and each event is priced once; what is left over is free by its own line.
2026-01-01 catalog !! so the rest would be dropped
  meters:
    calls: {event_type: call, measure: count}
  plans:
    api:
      currency: USD
      prices:
        large: {meter: calls, where: {region: eu, size: large}, shape: per_unit, unit: 3}
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    api:
      currency: USD
      prices:
        large: {meter: calls, where: {region: eu, size: large}, shape: per_unit, unit: 3}
        europe: {meter: calls, where: {region: eu}, shape: per_unit, unit: 1}
        rest: {meter: calls, shape: free}
2026-01-01 subscribe acme api
2026-01-05 event acme call region=eu size=large
2026-01-05 event acme call region=eu size=small repeat 4
2026-01-05 event acme call region=us repeat 9
2026-02-01 close
2026-02-01 invoice acme 7.00 USD
  large 1 3.00
  europe 4 4.00
  rest 9 0.00
