# A voided event counts no more, stays readable, and its identity stays taken; a void is not voided.
2026-01-01 plan starter USD
  tokens  per_unit 0.01
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 400 id a
2026-01-06 usage acme tokens 100 id b
2026-01-07 void a
2026-01-07 preview acme 1.00 USD
  tokens 100 1.00
2026-01-08 void a !! voided already
2026-01-08 amend a acme tokens 5 !! as a new event
2026-01-08 usage acme tokens 400 id a on 2026-01-05T00:00 -> duplicate
2026-01-08 preview acme 1.00 USD
# One that comes before its event waits, and takes effect by itself.
2026-01-09 void c -> quarantined
2026-01-10 usage acme tokens 700 id c
2026-01-10 preview acme 1.00 USD
2026-02-01 close
2026-02-01 invoice acme 1.00 USD
# The invoice stays true, and owes what was voided afterwards.
2026-02-02 void b
2026-02-02 invoice acme 1.00 USD
2026-02-02 owed acme -1.00 USD
  tokens 0 0.00
2026-03-01 close
2026-03-01 invoice acme 0.00 USD
