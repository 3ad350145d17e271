# One program calls it promptTokens and says no region; a rule brings its events into the shape that the meter reads.
2026-01-01 catalog
  meters:
    tokens:
      event_type: completion
      measure: sum
      property: tokens
      unit: tokens
      schema: {required: [region], properties: {tokens: {type: integer, minimum: 0}, region: {enum: [eu, us]}}}
  plans:
    api:
      currency: USD
      prices:
        american: {meter: tokens, where: {region: us}, shape: per_unit, unit: 0.02}
        tokens: {meter: tokens, shape: per_unit, unit: 0.01}
2026-01-01 subscribe acme api
2026-01-05 event acme completion tokens=100 region=us id a
# Bad is never zero: both of these wait.
2026-01-06 event acme completion promptTokens=300 id b -> quarantined
2026-01-07 event acme completion tokens=-5 region=eu id c -> quarantined
2026-01-08 catalog
  events:
    completion: {rename: {promptTokens: tokens}, defaults: {region: eu}}
2026-01-08 replay 1
2026-01-10 event acme completion promptTokens=200 region=us id d on 2026-01-09
# The event is known by what was sent, whatever the rule makes of it by now.
2026-01-11 catalog
  events:
    completion: {rename: {promptTokens: tokens}, defaults: {region: us}}
2026-01-11 event acme completion promptTokens=200 region=us id d on 2026-01-09 -> duplicate
2026-02-01 close
2026-02-01 invoice acme 9.00 USD
  american 300 6.00
  tokens 300 3.00
