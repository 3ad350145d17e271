# An add-on comes on any day and pays for its part of the month; it goes at a month's end.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
    backups: {event_type: backup, measure: sum, property: gigabytes}
  plans:
    api:
      currency: USD
      prices:
        calls: {meter: calls, shape: per_unit, unit: 0.10}
  addons:
    backup:
      name: Backup
      currency: USD
      prices:
        fee: {shape: flat, fee: 31, charged: advance}
        stored: {meter: backups, shape: per_unit, unit: 0.01}
2026-01-01 subscribe acme api
2026-01-05 event acme call repeat 100
2026-01-22 addon acme api backup
2026-01-25 event acme backup gigabytes=500
2026-02-01 close
2026-02-01 invoice acme 56.00 USD
  calls 100 10.00
  backup+fee 1 10.00
  backup+fee 1 31.00
  backup+stored 500 5.00
2026-02-10 addon acme api backup ends
2026-02-11 event acme backup gigabytes=100
2026-03-01 close
2026-03-01 invoice acme 1.00 USD
  calls 0 0.00
  backup+stored 100 1.00
