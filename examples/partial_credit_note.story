# Units come off the top of the ladder, with their tax; several notes together cancel an invoice to the cent.
2026-01-01 plan usage EUR
  calls  graduated 100@0.10 rest@0.05
2026-01-01 subscribe acme usage
2026-01-01 tax acme 19%
2026-01-10 usage acme calls 120
2026-02-01 close
# 10 + 1 = 11, and 19 % of it, 2.09.
2026-02-01 invoice acme 13.09 EUR
  calls 120 11.00
# The last 30 of 120 units: 20 x 0.05 + 10 x 0.10 = 2, and 0.38.
2026-02-02 credit acme line 1 units 30
2026-02-02 note acme 2.38 EUR
# A third of what is left for goodwill: 3, and 0.57.
2026-02-03 credit acme 3 EUR goodwill
2026-02-03 note acme 3.57 EUR
# All the rest: 11 - 2 - 3 = 6, and 2.09 - 0.38 - 0.57 = 1.14.
2026-02-04 credit acme full
2026-02-04 note acme 7.14 EUR
2026-02-04 balance receivable acme 0.00 EUR
2026-02-04 balance tax_payable acme 0.00 EUR
2026-02-05 credit acme 0.01 EUR !! left to credit
