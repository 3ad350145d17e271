# One plan, and what each customer agreed to beside it: a number of seats, a price of their own.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    team:
      currency: USD
      prices:
        seats: {quantity: seats, shape: volume, tiers: [{up_to: 4, unit: 10}, {unit: 9}], charged: advance}
        calls: {meter: calls, shape: per_unit, unit: 0.10}
2026-01-01 subscribe acme team seats=4
2026-01-01 subscribe bold team seats=10 override calls.unit=0.05 override calls.maximum=2
2026-01-01 subscribe crow team chairs=1 !! no agreed quantity “chairs”
2026-01-01 close
2026-01-01 invoice acme 40.00 USD
2026-01-01 invoice bold 90.00 USD
2026-01-05 event acme call repeat 100
2026-01-05 event bold call repeat 100
# Two seats more, from February on.
2026-01-10 agree acme team seats=6
2026-02-01 close
2026-02-01 invoice acme 64.00 USD
  seats 6 54.00
  calls 100 10.00
2026-02-01 invoice bold 92.00 USD
