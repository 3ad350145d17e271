# An amended event says something else from then on: an open period follows, an issued invoice stays and owes the rest.
2026-01-01 plan starter USD
  tokens  per_unit 0.01
2026-01-01 customer globex
2026-01-01 subscribe acme starter
2026-01-01 subscribe globex starter
2026-01-05 usage acme tokens 400 id a
2026-01-06 usage acme tokens 100 id b
2026-01-07 preview acme 5.00 USD
  tokens 500 5.00
# The number was wrong.
2026-01-08 amend a acme tokens 300
2026-01-08 preview acme 4.00 USD
  tokens 400 4.00
# It was another customer's.
2026-01-09 amend b globex tokens 100
2026-01-09 preview acme 3.00 USD
2026-01-09 preview globex 1.00 USD
# It was another month's, once all is said and done: the latest amendment counts.
2026-01-10 amend b globex tokens 90
2026-01-11 amend b globex tokens 80 on 2026-01-02
2026-01-11 preview globex 0.80 USD
# What was sent first may be sent again and changes nothing.
2026-01-12 usage acme tokens 400 id a on 2026-01-05T00:00 -> duplicate
2026-01-12 amend a acme tokens many -> quarantined
2026-02-01 close
2026-02-01 invoice acme 3.00 USD
2026-02-01 invoice globex 0.80 USD
# The invoice stays true; what it was amended to is owed beside it.
2026-02-02 amend a acme tokens 250
2026-02-02 invoice acme 3.00 USD
2026-02-02 owed acme -0.50 USD
  tokens 250 2.50
2026-02-03 amend b globex tokens 80 on 2026-02-02
2026-02-03 owed globex -0.80 USD
  tokens 0 0.00
2026-02-03 preview globex 0.80 USD
