# One price for all up to a bound, and the next from there on: half a unit above it is above it.
2026-01-01 plan starter USD
  tokens  stairstep 100@20 1000@50 rest@120
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 100
2026-02-01 close
2026-02-01 invoice acme 20.00 USD
2026-02-05 usage acme tokens 100.5
2026-03-01 close
2026-03-01 invoice acme 50.00 USD
