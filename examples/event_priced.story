# Each event carries what it costs: here its units and the rate of the day.
2026-01-01 catalog
  meters:
    messages: {event_type: message, measure: sum, value: units * rate}
  plans:
    sms:
      currency: USD
      prices:
        messages: {meter: messages, shape: event_priced, multiplier: 1.2}
2026-01-01 subscribe acme sms
2026-01-05 event acme message units=7 rate=0.10
2026-01-06 event acme message units=5 rate=0.11
2026-01-07 event acme message units=10 rate=0.22
2026-02-01 close
2026-02-01 invoice acme 4.14 USD
