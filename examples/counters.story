# A counter that starts again from 0 loses nothing, on each host by itself, and a new month goes on from the last reading.
2026-01-01 catalog
  meters:
    traffic: {event_type: port, measure: increase, property: bytes, series: [host], unit: bytes}
  plans:
    network:
      currency: USD
      prices:
        traffic: {meter: traffic, shape: per_unit, unit: 0.01}
2026-01-01 subscribe acme network
2026-01-05 event acme port host=a bytes=100
2026-01-06 event acme port host=b bytes=1000
2026-01-07 event acme port host=a bytes=250
2026-01-08 event acme port host=a bytes=40
2026-01-09 event acme port host=b bytes=5
2026-02-01 close
2026-02-01 invoice acme 12.95 USD
  traffic 1295 12.95
2026-02-05 event acme port host=a bytes=90
2026-02-06 event acme port host=b bytes=25
2026-03-01 close
2026-03-01 invoice acme 0.70 USD
