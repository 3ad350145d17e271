# A price's discount, then its minimum, then its maximum; for a part of a month, a part of both.
2026-01-01 plan starter USD
  tokens  per_unit 0.01 discount 10% minimum 31
  calls   count per_unit 1 maximum 15.5
2026-01-11 subscribe acme starter
2026-01-12 usage acme tokens 1000
2026-01-12 usage acme calls 1 repeat 30
2026-02-01 close
2026-02-01 invoice acme 31.50 USD
  tokens 1000 21.00
  calls 30 10.50
2026-02-12 usage acme tokens 10000
2026-02-12 usage acme calls 1 repeat 30
2026-03-01 close
2026-03-01 invoice acme 105.50 USD
  tokens 10000 90.00
  calls 30 15.50
