# Prices hold the tax: what an upgrade gives back holds its part of the tax that was charged, and all of it comes to zero.
2026-01-01 plan small EUR
  fee    flat 31 advance
2026-01-01 plan large EUR
  fee    flat 93 advance
2026-01-01 subscribe acme small
2026-01-01 tax acme 19% included
2026-01-01 close through 2025-12-31
2026-01-01 invoice acme 31.00 EUR
# 31 - 31 / 1.19 = 4.95.
2026-01-01 balance tax_payable acme -4.95 EUR
2026-01-16 change acme small to large
# -16 + 48 = 32, which hold 32 - 32 / 1.19 = 5.11.
2026-01-16 invoice acme 32.00 EUR
  fee 1 -16.00
  fee 1 48.00
2026-01-16 balance tax_payable acme -10.06 EUR
2026-01-17 credit acme full
2026-01-17 balance tax_payable acme -4.95 EUR
2026-01-17 balance receivable acme 31.00 EUR
