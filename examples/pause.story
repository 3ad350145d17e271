# A pause stops fees and gives back what was paid for its days; what is used in it is billed all the same.
2026-01-01 plan pro USD
  fee    flat 31 advance
  calls  count per_unit 0.50
2026-01-01 subscribe acme pro
2026-01-01 close through 2025-12-31
# The 11th is not charged any more: 10 of 31 days are used, 31 - 10 = 21 goes back.
2026-01-11 pause acme pro
2026-01-11 invoice acme -21.00 USD
  fee 1 -21.00
2026-01-12 usage acme calls 1
2026-02-01 close
2026-02-01 invoice acme 0.50 USD
  calls 0 0.00
  calls 1 0.50
# From the 15th on 14 of 28 days are left: 31 x 14 / 28 = 15.50.
2026-02-15 resume acme pro
2026-02-15 invoice acme 15.50 USD
  fee 1 15.50
2026-02-15 resume acme pro !! cannot be resumed now
