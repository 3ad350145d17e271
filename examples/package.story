# A started package is a whole one, after the units that are included: 30 of 100 cost nothing, 101 beyond are two.
2026-01-01 plan starter USD
  tokens  package 5 per 100 included 100
2026-01-01 subscribe acme starter
2026-01-05 usage acme tokens 30
2026-02-01 close
2026-02-01 invoice acme 0.00 USD
  tokens 30 0.00
2026-02-05 usage acme tokens 201
2026-03-01 close
2026-03-01 invoice acme 10.00 USD
# However little is left over, it begins another package.
2026-03-05 usage acme tokens 200.0000000000000024
2026-04-01 close
2026-04-01 invoice acme 10.00 USD
