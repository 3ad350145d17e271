"""Stories: the whole product told as text that finance reads, tests check and the demo plays."""
