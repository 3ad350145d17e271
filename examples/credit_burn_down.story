# Money paid ahead pays what is used until it is gone; a gift ends on its day.
2026-01-01 plan usage USD
  calls  per_unit 0.01
2026-01-01 subscribe acme usage
2026-01-01 grant acme 50 USD prepaid
2026-01-01 balance prepaid_credit acme -50.00 USD
2026-01-10 usage acme calls 1000
2026-02-01 close
# 10 of the 50 are used, and nothing is owed but for the top-up itself.
2026-02-01 invoice acme 10.00 USD
2026-02-01 balance prepaid_credit acme -40.00 USD
2026-02-10 usage acme calls 3500
2026-03-01 close
2026-03-01 balance prepaid_credit acme -5.00 USD
# 10 less the 5 that are left: the customer owes 5.
2026-03-10 usage acme calls 1000
2026-04-01 close
2026-04-01 balance prepaid_credit acme 0.00 USD
2026-04-01 balance receivable acme 5.00 USD
# A gift of 20 until 15 April pays what was used by then: 300 calls for 3, and not the 400 after it for 4.
2026-04-01 grant acme 20 USD promotional until 2026-04-15
2026-04-10 usage acme calls 300
2026-05-01 close
2026-05-01 invoice acme 0.00 USD
2026-05-02 expire
