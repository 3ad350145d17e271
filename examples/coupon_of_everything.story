# With everything off nothing was paid, so an upgrade gives nothing back, and what it charges is off as well.
2026-01-01 plan small USD
  fee    flat 31 advance
2026-01-01 plan large USD
  fee    flat 93 advance
2026-01-01 subscribe acme small
2026-01-01 coupon acme free 100% periods forever
2026-01-01 close through 2025-12-31
2026-01-01 invoice acme 0.00 USD
# 93 x 16 / 31 = 48, all of it off.
2026-01-16 change acme small to large
2026-01-16 invoice acme 0.00 USD
  fee 1 48.00
2026-01-16 balance receivable acme 0.00 USD
