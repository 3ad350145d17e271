"""One module for each thing a person or a clock can ask: it reads, decides, and writes."""
