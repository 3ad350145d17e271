# A customer moves from Tokyo to Los Angeles between invoices: every hour is billed once, and no fee is cut or doubled.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    desk:
      currency: USD
      prices:
        fee: {shape: flat, fee: 31, charged: advance}
        calls: {meter: calls, shape: per_unit, unit: 1}
2026-01-01 customer acme Asia/Tokyo
2026-01-01 subscribe acme desk
2026-02-01 close
2026-02-01 invoice acme 31.00 USD
# The clocks differ by sixteen hours and more. April begins at midnight in Tokyo and ends at midnight in Los Angeles.
2026-03-15 move acme America/Los_Angeles
2026-04-01 event acme call on 2026-03-31T14:59:59Z
2026-04-01 event acme call on 2026-03-31T15:00:00Z repeat 2 every 1h
2026-04-01 close
2026-04-02 close
2026-04-02 invoice acme 32.00 USD
2026-05-02 event acme call on 2026-05-01T06:59:59Z
2026-05-02 event acme call on 2026-05-01T07:00:00Z repeat 5 every 1h
2026-05-02 close
2026-05-02 invoice acme 34.00 USD
2026-06-02 close
2026-06-02 invoice acme 36.00 USD
