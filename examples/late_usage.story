# What comes after its invoice is worked out with all of its month, and the difference is on the next invoice.
2026-01-01 plan usage USD
  calls  graduated 100@0.10 rest@0.05
2026-01-01 subscribe acme usage
2026-01-10 usage acme calls 80 id first
2026-02-01 close
2026-02-01 invoice acme 8.00 USD
# 120 in all: 100 x 0.10 + 20 x 0.05 = 11, of which 8 are billed.
2026-02-10 usage acme calls 40 id second on 2026-01-20
2026-02-10 late
2026-02-10 owed acme 3.00 USD
2026-03-01 close
2026-03-01 invoice acme 3.00 USD
  calls 0 0.00
  calls 40 3.00
# Down: without the first event 40 x 0.10 = 4 is owed, and 11 was billed; who looks gives 7 back by a credit note.
2026-03-05 void first
2026-03-05 late
2026-03-05 owed acme -7.00 USD
