"""The tests: one package, whatever else on the machine is called so."""
