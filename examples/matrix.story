# Region and size of a machine choose the price of its hours.
2026-01-01 catalog
  meters:
    hours: {event_type: machine, measure: sum, property: hours, unit: hours}
  plans:
    cloud:
      currency: USD
      prices:
        hours:
          meter: hours
          shape: matrix
          by: [region, size]
          cells:
            - {when: [eu, large], shape: per_unit, unit: 3}
            - {when: [eu, small], shape: graduated, tiers: [{up_to: 10, unit: 1}, {unit: 0.5}]}
          default: {shape: per_unit, unit: 2}
2026-01-01 subscribe acme cloud
2026-01-05 event acme machine region=eu size=large hours=10
2026-01-06 event acme machine region=eu size=small hours=14
2026-01-07 event acme machine region=us size=large hours=5
2026-01-08 event acme machine hours=1
2026-02-01 close
2026-02-01 invoice acme 54.00 USD
  hours 30 54.00
