# Bandwidth by the 95th percentile of 5-minute samples: of January's 8,928 the largest 446 do not count.
2026-01-01 catalog
  meters:
    bandwidth: {event_type: sample, measure: percentile, property: mbit, percent: 95, unit: Mbit/s}
  plans:
    transit:
      currency: USD
      prices:
        bandwidth: {meter: bandwidth, shape: per_unit, unit: 2}
2026-01-01 subscribe acme transit
2026-02-01 event acme sample mbit=100 on 2026-01-01T00:00 repeat 8482 every 5m
2026-02-01 event acme sample mbit=900 on 2026-01-30T10:50 repeat 446 every 5m
2026-02-01 close
2026-02-01 invoice acme 200.00 USD
  bandwidth 100 200.00
# In February it would be the largest 403 of 8,064; one busy sample more is one too many.
2026-03-01 event acme sample mbit=100 on 2026-02-01T00:00 repeat 7660 every 5m
2026-03-01 event acme sample mbit=900 on 2026-02-27T14:20 repeat 404 every 5m
2026-03-01 close
2026-03-01 invoice acme 1800.00 USD
