# Nights from ten to six cost less, by the clock on the customer's wall, before and after it is put back in April.
2026-01-01 catalog
  meters:
    calls: {event_type: call, measure: count}
  plans:
    phone:
      currency: AUD
      prices:
        night: {meter: calls, where: {time_of_day: {from: "22:00", to: "06:00"}}, shape: per_unit, unit: 0.10}
        day: {meter: calls, shape: per_unit, unit: 1}
2026-01-01 customer acme Australia/Sydney
2026-01-01 subscribe acme phone
# 22:30 and 05:30, which are night; then 06:00 and 21:59, which are not.
2026-01-05T11:30 event acme call
2026-01-05T18:30 event acme call
2026-01-05T19:00 event acme call
2026-01-06T10:59 event acme call
2026-02-01 close
2026-02-01 invoice acme 2.20 AUD
  night 2 0.20
  day 2 2.00
# The same hour in UTC is 21:30 on 6 April.
2026-04-06T11:30 event acme call
2026-05-01 close
2026-05-01 invoice acme 1.00 AUD
  night 0 0.00
  day 1 1.00
