# Who leaves now is billed what they used, less the rest of the fee; who leaves with the period may stay after all.
2026-01-01 plan pro USD
  fee    flat 31 advance
  calls  count per_unit 0.50
2026-01-01 subscribe acme pro
2026-01-01 subscribe globex pro
2026-01-01 close through 2025-12-31
2026-01-20 cancel acme pro
2026-01-20 preview acme 0.00 USD
  calls 0 0.00
2026-01-25 uncancel acme pro
2026-01-25 preview acme 31.00 USD
  fee 1 31.00
  calls 0 0.00
# The 25th itself is not charged: 24 of 31 days are used and 7 go back; 30 calls come to 15.
2026-01-25 event globex calls repeat 30 every 1m on 2026-01-24T11:00
2026-01-25 uncancel globex pro !! cannot be un-cancelled
2026-01-25 cancel globex pro now
2026-01-25 invoice globex 8.00 USD
  fee 1 -7.00
  calls 30 15.00
2026-02-01 close
2026-02-01 invoice acme 31.00 USD
2026-02-01 invoices globex 2
