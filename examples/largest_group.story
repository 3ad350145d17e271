# Of all hosts the largest pays for all: the group with most is what is measured.
2026-01-01 catalog
  meters:
    largest: {event_type: use, measure: grouped, by: [host], inner: {measure: sum, property: units}, outer: maximum}
  plans:
    cluster:
      currency: USD
      prices:
        largest: {meter: largest, divide_by: 100, round: ceil, shape: graduated, tiers: [{up_to: 10, unit: 5}, {unit: 4}]}
2026-01-01 subscribe acme cluster
2026-01-05 event acme use host=a units=700
2026-01-06 event acme use host=b units=900
2026-01-20 event acme use host=a units=450
2026-02-01 close
2026-02-01 invoice acme 58.00 USD
  largest 1150 58.00
