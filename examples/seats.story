# Seats by the days they are held, in a month with a day of 23 hours; March has 31 days, and so has its price.
2026-03-01 catalog
  meters:
    seats: {event_type: seat, measure: seats, property: user, action: action, counts: average, carries_over: true, unit: seats}
  plans:
    team:
      currency: EUR
      prices:
        seats: {meter: seats, shape: per_unit, unit: 31}
2026-03-01 customer acme Europe/Paris
2026-03-01 subscribe acme team
2026-03-01 event acme seat user=ana action=add
# Bo is there on the 29th alone, from half past midnight to half past midnight: 23 hours, one day.
2026-03-28T23:30 event acme seat user=bo action=add
2026-03-29T22:30 event acme seat user=bo action=remove
# Removed and added again on one day is not removed.
2026-03-30T08:00 event acme seat user=ana action=remove
2026-03-30T15:00 event acme seat user=ana action=add
2026-04-01 close
2026-04-01 invoice acme 32.00 EUR
# Ana's seat is carried over, until it is removed in the middle of April: 15 of 30 days.
2026-04-15T22:30 event acme seat user=ana action=remove
2026-05-01 close
2026-05-01 invoice acme 15.50 EUR
