"""How much is logged is the operator's choice."""

from tests.cli.commands import Commands


def test_a_level_of_the_log_that_there_is_not_is_refused_with_those_there_are(run: Commands) -> None:
    result = run("serve", "--log-level", "loud")
    assert result.exit_code == 2
    assert "debug" in result.stderr
    assert "error" in result.stderr
