# What was paid too much is paid back; what pays an invoice only when that is asked for, and the invoice is open again.
2026-01-01 plan pro EUR
  platform  flat 310 advance
2026-01-01 subscribe acme pro
2026-01-01 close through 2025-12-31
2026-01-05 pay acme 400 EUR
2026-01-05 free acme 90.00 EUR
2026-01-05 balance receivable acme 0.00 EUR
2026-01-06 refund acme 100 !! Only 90.00 EUR of this payment is free
2026-01-06 refund acme 90
2026-01-06 free acme 0.00 EUR
2026-01-07 refund acme 10 reopen
2026-01-07 balance receivable acme 10.00 EUR
2026-01-08 refund acme 301 reopen !! 300.00 EUR
