# Three times a third is one: quantities are exact, so that nothing is lost before it is rounded down.
2026-01-01 catalog
  meters:
    months: {event_type: machine, measure: sum, value: machines * seconds / 2592000, unit: months}
  plans:
    cloud:
      currency: USD
      prices:
        months: {meter: months, round: floor, shape: per_unit, unit: 10}
2026-01-01 subscribe acme cloud
2026-01-05 event acme machine machines=3 seconds=864000
2026-02-01 close
2026-02-01 invoice acme 10.00 USD
  months 1 10.00
# Two are two thirds; a third one in another event makes it whole.
2026-02-05 event acme machine machines=2 seconds=864000
2026-02-06 preview acme 0.00 USD
2026-02-06 event acme machine machines=1 seconds=864000
2026-02-06 preview acme 10.00 USD
  months 1 10.00
