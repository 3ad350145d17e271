# Slack takes a message and its answer is lost: the message is there once, and stays there once.
2026-01-01 plan starter USD
  tokens  per_unit 0.01
2026-01-01 customer acme Europe/Paris
2026-01-01 subscribe acme starter
2026-01-01 channel acme #acme
2026-01-05 usage acme tokens 100
2026-02-01 lose
2026-02-01T12:00 close
2026-02-01T13:00 close
2026-02-01T13:00 messages #acme 1
2026-02-01T13:00 messages #billing 1
