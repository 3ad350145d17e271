# Periods are counted from another day: the running one ends as agreed, and a stub leads to the new day by its share.
2026-01-01 plan desk USD
  fee  flat 31 advance
2026-01-01 subscribe acme desk
2026-02-01 close
2026-02-10 anchor acme desk 2026-03-15
2026-03-01 close
2026-03-01 invoice acme 15.50 USD
2026-03-15 close
2026-03-15 invoice acme 31.00 USD
2026-04-15 close
2026-04-15 invoice acme 31.00 USD
