# A fee charged ahead, from the 10th: 22 of January's 31 days, and revenue only when its period has passed.
2026-01-01 plan pro EUR
  platform  flat 310 advance
  calls     count per_unit 0.01
2026-01-10 subscribe acme pro
2026-01-10 close through 2026-01-09
2026-01-10 invoice acme 220.00 EUR
  platform 1 220.00
2026-01-10 balance deferred_revenue acme -220.00 EUR
2026-01-12 usage acme calls 1
2026-01-13 usage acme calls 1
2026-01-13 preview acme 310.02 EUR
2026-02-01 close
2026-02-01 invoice acme 310.02 EUR
  platform 1 310.00
  calls 2 0.02
2026-02-01 balance deferred_revenue acme -310.00 EUR
2026-02-01 balance revenue acme -220.02 EUR
2026-02-01 balance receivable acme 530.02 EUR
