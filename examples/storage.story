# Storage in gigabyte-hours: each event changes the size of a volume, which stays until the next one, into other months.
2026-01-01 catalog
  meters:
    storage:
      {event_type: disk, measure: time_weighted, property: gigabytes, per: hour, series: [volume], carries_over: true}
  plans:
    disks:
      currency: USD
      prices:
        storage: {meter: storage, shape: per_unit, unit: 0.001}
2026-01-01 subscribe acme disks
2026-01-01 event acme disk volume=one gigabytes=10
2026-01-31T12:00 event acme disk volume=two gigabytes=5
2026-02-01 close
2026-02-01 invoice acme 7.50 USD
  storage 7500 7.50
2026-02-15 event acme disk volume=one gigabytes=-10
2026-03-01 close
2026-03-01 invoice acme 6.72 USD
2026-04-01 close
2026-04-01 invoice acme 3.72 USD
