# A downgrade counts from the next period on, and may be taken back before that.
2026-01-01 plan small USD
  fee    flat 31 advance
2026-01-01 plan large USD
  fee    flat 93 advance
2026-01-01 subscribe acme large
2026-01-01 close through 2025-12-31
2026-01-16 change acme large to small
2026-01-16 invoices acme 1
2026-02-01 close
2026-02-01 invoice acme 31.00 USD
  fee 1 31.00
# A day may be named: from 15 February on it is large again. 14 of 28 days are used: 31 - 15.50 = 15.50 goes back, and
# 93 x 14 / 28 = 46.50 is charged.
2026-02-02 change acme small to large 2026-02-15
2026-02-15 close
2026-02-15 invoice acme 31.00 USD
  fee 1 -15.50
  fee 1 46.50
