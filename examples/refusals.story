# What cannot be is refused, in a sentence, and leaves nothing behind.
2026-01-01 plan starter USD
  tokens  per_unit 0.01
2026-01-01 plan broken USD !! negative
  tokens  per_unit -1
2026-01-01 customer acme Mars/Olympus !! not a time zone
2026-01-01 subscribe acme startre !! there are: starter
2026-01-01 subscribe acme starter
2026-01-15 subscribe acme starter !! since 2026-01-01
2026-01-20 close through 2026-01-31 !! has not ended yet
2026-01-20 end acme starter
2026-02-01 close
2026-02-02 subscribe acme starter
2026-02-02 invoices acme 1
