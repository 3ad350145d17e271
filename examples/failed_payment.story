# A card without cover is tried again on days 1, 3, 5 and 7, in the customer's morning. Then the subscription is past
# due, and nothing else happens to it; another method is tried at once.
2026-01-01 plan pro EUR
  platform  flat 310 advance
2026-01-01 subscribe acme pro
2026-01-01 method acme soft
2026-01-01 close through 2025-12-31
2026-01-01 collect -> declined_soft
2026-01-01 collect -> nothing
2026-01-02T08:59 collect -> nothing
2026-01-02T09:00 collect -> declined_soft
2026-01-04T09:00 collect -> declined_soft
2026-01-06T09:00 collect -> declined_soft
2026-01-08T08:00 state acme pro active
2026-01-08T09:00 collect -> declined_soft
2026-01-08T09:00 state acme pro past_due
2026-01-20 collect -> nothing
2026-01-20 balance receivable acme 310.00 EUR
2026-01-21 method acme ok
2026-01-21 collect -> done
2026-01-21 state acme pro active
2026-01-21 balance receivable acme 0.00 EUR
# A stolen card is not tried again. An answer that is lost is asked about; the money moves once.
2026-02-01 method acme hard
2026-02-01 close
2026-02-01 collect -> declined_hard
2026-02-02T09:00 collect -> nothing
2026-02-02T09:00 state acme pro past_due
2026-02-03 method acme "ok+lost capture"
2026-02-03 collect -> live
2026-02-03 collect -> done
2026-02-03 collect -> nothing
2026-02-03 balance receivable acme 0.00 EUR
2026-02-04 method acme "4242 4242 4242 4242" !! the number of a card
