# Two periods at 20 % off, and the third as it is; a coupon over several lines is spread to the cent.
2026-01-01 plan pro USD
  fee    flat 31 advance
  calls  count per_unit 0.50
2026-01-01 subscribe acme pro
2026-01-01 coupon acme welcome 20% periods 2
2026-01-01 close through 2025-12-31
# 31 - 6.20.
2026-01-01 invoice acme 24.80 USD
2026-01-05 usage acme calls 1
2026-01-06 usage acme calls 1
2026-01-07 usage acme calls 1
2026-02-01 close
# 1.50 + 31 = 32.50, less 20 % of it, 6.50.
2026-02-01 invoice acme 26.00 USD
  fee 1 31.00
  calls 3 1.50
2026-03-01 close
2026-03-01 invoice acme 31.00 USD
