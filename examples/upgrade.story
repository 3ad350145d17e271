# An upgrade counts now: what is not used of the old fee goes back, the new one is charged for the days that are left.
2026-01-01 plan small USD
  fee    flat 31 advance
  calls  graduated 100@0.10 rest@0.05
2026-01-01 plan large USD
  fee    flat 93 advance
  calls  graduated 100@0.08 rest@0.04
2026-01-01 subscribe acme small
2026-01-01 close through 2025-12-31
2026-01-01 invoice acme 31.00 USD
2026-01-10 usage acme calls 80
# The 16th is the new plan's: 15 of 31 days are used, 31 - 15 = 16 goes back, and 93 x 16 / 31 = 48 is charged.
2026-01-16T12:00 change acme small to large
2026-01-16T12:00 invoice acme 32.00 USD
  fee 1 -16.00
  fee 1 48.00
2026-01-20 usage acme calls 80
# A ladder starts again with the new plan: 80 x 0.10 = 8, and 80 x 0.08 = 6.40; not 160 units on one of them.
2026-02-01 close
2026-02-01 invoice acme 107.40 USD
  fee 1 93.00
  calls 80 8.00
  calls 80 6.40
# 31 + 32 + 107.40.
2026-02-01 balance receivable acme 170.40 USD
