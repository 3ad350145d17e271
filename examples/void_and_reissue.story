# A wrong invoice is voided, and its month billed again by what is so now.
2026-01-01 plan usage USD
  fee    flat 31 advance
  calls  per_unit 0.10
2026-01-01 subscribe acme usage
2026-01-01 close through 2025-12-31
2026-01-10 usage acme calls 1000 id wrong
2026-02-01 close
2026-02-01 invoice acme 131.00 USD
2026-02-03 pay acme 162 USD
2026-02-03 balance receivable acme 0.00 USD
2026-02-03 amend wrong acme calls 100 on 2026-01-10
2026-02-04 annul acme
2026-02-04 note acme 131.00 USD
# What was paid of it is the customer's again.
2026-02-04 balance customer_balance acme -131.00 USD
2026-02-04 annul acme !! is voided
2026-02-05 reissue acme
# 100 x 0.10 + 31.
2026-02-05 invoice acme 41.00 USD
  fee 1 31.00
  calls 100 10.00
2026-02-05 balance receivable acme 41.00 USD
2026-03-01 close
2026-03-01 invoice acme 31.00 USD
