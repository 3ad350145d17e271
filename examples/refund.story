# What is paid beyond an invoice is the customer's until it is paid back; more than that only if the invoice is open again.
2026-01-01 plan pro USD
  fee    flat 31 advance
2026-01-01 subscribe acme pro
2026-01-01 close through 2025-12-31
2026-01-10 pay acme 40 USD
2026-01-10 balance receivable acme 0.00 USD
2026-01-10 balance customer_balance acme -9.00 USD
2026-01-11 refund acme 9 USD
2026-01-11 balance customer_balance acme 0.00 USD
2026-01-12 refund acme 1 USD !! the rest pays invoices
2026-01-12 refund acme 11 USD reopen
# 40 - 9 - 11 = 20 of 31 are paid.
2026-01-12 balance receivable acme 11.00 USD
2026-01-12 balance cash acme 20.00 USD
