# A source that sends every hour falls silent; it is told once, and again when the source is back. Each morning the day
# before is audited.

2026-03-01 plan starter USD
  tokens  per_unit 0.000002
2026-03-01 customer acme
2026-03-01 subscribe acme starter
2026-03-01 channel acme #acme

# Eight days, received as they happen: the last of eu-2 at 09:20 on the 21st, the last of eu-1 at 04:10 on the 22nd.
2026-03-22T08:05 usage acme tokens 1000 from eu-1 on 2026-03-14T00:10 repeat 197 every 1h received then
2026-03-22T08:05 usage acme tokens 500 from eu-2 on 2026-03-14T00:20 repeat 178 every 1h received then
2026-03-22T08:05 watch
2026-03-22T08:05 slack #billing eu-2 sent nothing since 09:20
2026-03-22T08:05 slack #billing 2 sources of usage fell silent
2026-03-22T08:05 messages #billing 2
2026-03-22T08:06 watch
2026-03-22T08:06 messages #billing 2

# Both come back, and what eu-2 held back counts by the time at which it happened.
2026-03-22T09:00 usage acme tokens 1000 from eu-1
2026-03-22T09:00 usage acme tokens 500 from eu-2 on 2026-03-21T10:20 repeat 23 every 1h
2026-03-22T09:01 watch
2026-03-22T09:01 slack #billing 2 sources of usage are back
2026-03-22T09:01 messages #billing 3
2026-03-22T09:02 watch
2026-03-22T09:02 messages #billing 3

# The same source and id with other content: both are kept, and it is told once an hour.
2026-03-22T10:00 usage acme tokens 7 id twice on 2026-03-22T09:30 from eu-1
2026-03-22T10:10 usage acme tokens 8 id twice on 2026-03-22T09:30 from eu-1 -> conflict
2026-03-22T10:11 watch
2026-03-22T10:11 slack #billing 1 event in conflict
2026-03-22T10:20 usage acme tokens 9 id twice on 2026-03-22T09:30 from eu-1 -> conflict
2026-03-22T10:21 watch
2026-03-22T10:21 slack #billing 2 events in conflict
2026-03-22T10:21 messages #billing 4

# The audit tells what will not be billed.
2026-03-22T12:00 customer globex
2026-03-22T12:00 usage globex tokens 3 from eu-1
2026-03-23T08:00 watch
2026-03-23T08:00 slack #billing 1 event of globex falls outside every subscription and will not be billed
