# An anchor on the 31st falls on the last day of a short month, and comes back; no day is billed twice or skipped.
2027-12-31 plan daily USD
  fee  flat 31 arrears
2027-12-31 subscribe acme daily anchor 31
2028-01-31 close
2028-01-31 invoice acme 31.00 USD
2028-02-29 close
2028-02-29 invoice acme 31.00 USD
2028-03-31 close
2028-03-31 invoices acme 3
2028-04-30 close
2028-04-30 invoices acme 4
