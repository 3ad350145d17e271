# One event, one effect: sent again it is a duplicate, sent with another content it is a conflict.
2026-01-01 plan starter USD
  tokens  per_unit 0.01
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 100 id a1
2026-01-05 usage acme tokens 100 id a1 -> duplicate
2026-01-06 usage acme tokens 100 id a1 on 2026-01-05 -> conflict
2026-01-06 usage acme tokens abc id a2 -> quarantined
2026-01-06 usage acme tokens 5 id a2
2026-01-06 usage nobody tokens 5 id a3 -> quarantined
2026-02-01 close
2026-02-01 close
2026-02-01 invoices acme 1
2026-02-01 invoice acme 1.05 USD
