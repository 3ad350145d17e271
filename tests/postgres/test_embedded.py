"""The PostgreSQL we carry, against what really happens to it: odd folders, kill -9, two at once, root and not."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from farthing.postgres.embedded import EmbeddedPostgres, EmbeddedUnavailable
from farthing.postgres.embedded_binaries import find_binaries
from farthing.postgres.embedded_locks import server_runs
from farthing.postgres.embedded_place import place_for
from farthing.postgres.embedded_processes import leftovers_of, postmaster_of

REPOSITORY = Path(__file__).resolve().parents[2]
IS_ROOT = os.geteuid() == 0

# Uses the database of a folder until its input closes, and says which server it found.
USER_SCRIPT = """
import json, sys
from pathlib import Path
import psycopg
from farthing.postgres.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), small=True) as server:
    with psycopg.connect(server.url()) as connection:
        began = connection.execute("SELECT pg_postmaster_start_time()::text, current_setting('data_directory')")
        began_at, data = began.fetchone()
    print(json.dumps({"began_at": began_at, "data": data, "url": server.url()}), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    chosen = tmp_path / "a database, with spaces"
    yield chosen
    EmbeddedPostgres(chosen).remove()


class User:
    """Another process that uses the database of a folder."""

    def __init__(self, folder: Path, *, as_user: str | None = None, **environment: str) -> None:
        account = pwd.getpwnam(as_user) if as_user else None
        self.process = subprocess.Popen(
            [_python_for(as_user), "-c", USER_SCRIPT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**_environment(), **environment},
            start_new_session=True,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )

    def found(self) -> dict[str, str]:
        """What it says of the server, once it is connected."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"it did not start: {self.process.communicate()[1]}")
        answer: dict[str, str] = json.loads(line)
        return answer

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def killed(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def _environment() -> dict[str, str]:
    # The source and the packages by path, since a plain user may not reach the Python of root's environment.
    paths = [str(REPOSITORY / "src"), *(path for path in sys.path if path.endswith("site-packages"))]
    return {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def _python_for(name: str | None) -> str:
    """A Python like ours that this user can run."""
    if name is None:
        return sys.executable
    account = pwd.getpwnam(name)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        with contextlib.suppress(OSError):
            tried = subprocess.run(
                [python, "-c", "import psycopg, psutil, farthing"],
                cwd="/",
                env=_environment(),
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=[],
                capture_output=True,
                check=False,
            )
            if tried.returncode == 0:
                return python
    pytest.skip(f"no {version} here that a plain user can run with these packages")


def _asked(url: str, question: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return str(row[0])


def _began_at(url: str) -> str:
    return _asked(url, "SELECT pg_postmaster_start_time()::text")


def _nothing_is_left(folder: Path) -> bool:
    place = place_for(folder)
    return not server_runs(place) and not leftovers_of(place.data)


def test_a_folder_with_spaces_serves_and_stop_leaves_no_process(folder: Path) -> None:
    with EmbeddedPostgres(folder, small=True) as server:
        assert _asked(server.url(), "SELECT 6 * 7") == "42"
        assert _asked(server.url(), "SHOW server_encoding") == "UTF8"
        assert len(leftovers_of(place_for(folder).data)) > 1
    assert _nothing_is_left(folder)


def test_a_path_longer_than_a_socket_name_may_be_serves(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*(["a folder of thirty characters."] * 6))
    server = EmbeddedPostgres(deep, small=True)
    with server:
        assert len(str(deep)) > 180
        assert _asked(server.url(), "SELECT 1") == "1"
    server.remove()


def test_a_language_that_is_not_generated_does_not_matter(folder: Path) -> None:
    user = User(folder, LANG="xx_YY.UTF-8", LC_ALL="xx_YY.UTF-8", LANGUAGE="xx", PGPORT="1", PGDATA="/nowhere")
    assert user.found()["data"] == str(place_for(folder).data)
    user.leave()


def test_the_settings_are_raised_and_a_person_may_still_alter_them(folder: Path) -> None:
    with EmbeddedPostgres(folder, small=True) as server:
        assert _asked(server.url(), "SHOW shared_buffers") == "128MB"
        assert _asked(server.url(), "SHOW TimeZone") == "UTC"
        assert _asked(server.url(), "SHOW jit") == "off"
        assert _asked(server.url(), "SHOW fsync") == "on"
        assert _asked(server.url(), "SHOW listen_addresses") == ""
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET jit = on")
    with EmbeddedPostgres(folder, small=True) as server:
        assert _asked(server.url(), "SHOW jit") == "on"


def test_processes_that_start_at_once_share_one_server_and_the_last_one_out_stops_it(folder: Path) -> None:
    users = [User(folder) for _ in range(3)]
    found = [user.found() for user in users]
    assert len({answer["began_at"] for answer in found}) == 1
    users[0].leave()
    users[1].leave()
    assert _began_at(found[2]["url"]) == found[0]["began_at"]
    users[2].leave()
    assert _nothing_is_left(folder)


def test_a_second_process_finds_the_server_though_its_temporary_folder_differs(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = User(folder, TMPDIR=str(elsewhere))
    began_at = first.found()["began_at"]
    with EmbeddedPostgres(folder) as server:
        assert _began_at(server.url()) == began_at
        first.leave()
        assert _asked(server.url(), "SELECT 1") == "1"


def test_ctrl_c_of_the_process_that_started_it_leaves_it_to_the_others(folder: Path) -> None:
    first = User(folder)
    began_at = first.found()["began_at"]
    with EmbeddedPostgres(folder) as server:
        os.killpg(first.process.pid, signal.SIGINT)
        first.process.communicate(timeout=60)
        assert _began_at(server.url()) == began_at


def test_after_kill_9_of_its_user_the_orphan_is_adopted_and_then_stopped(folder: Path) -> None:
    user = User(folder)
    began_at = user.found()["began_at"]
    user.killed()
    assert server_runs(place_for(folder))
    with EmbeddedPostgres(folder, small=True) as server:
        assert _began_at(server.url()) == began_at
    assert _nothing_is_left(folder)


def test_after_kill_9_of_the_server_the_next_start_recovers_what_was_committed(folder: Path) -> None:
    server = EmbeddedPostgres(folder, small=True).start()
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 100000) AS number")
        connection.commit()
        postmaster = postmaster_of(place_for(folder).data)
        assert postmaster is not None
        postmaster.kill()
    again = EmbeddedPostgres(folder, small=True).start()
    assert _asked(again.url(), "SELECT count(*) FROM kept") == "100000"
    server.stop()
    assert _asked(again.url(), "SELECT max(number) FROM kept") == "100000"
    again.stop()
    assert _nothing_is_left(folder)


def test_one_of_its_users_starts_a_killed_server_again_where_all_of_them_look_for_it(
    folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = User(folder, TMPDIR=str(elsewhere))
    url = first.found()["url"]
    users = [EmbeddedPostgres(folder, small=True).start() for _ in range(2)]
    assert [user.look_after() for user in users] == [False, False]
    killed = leftovers_of(place_for(folder).data)
    for process in killed:
        process.kill()
    psutil.wait_procs(killed, timeout=60)
    assert [user.look_after() for user in users] == [True, False]
    # Whoever is connected knows the socket that the first user's temporary folder gave it.
    assert _asked(url, "SELECT 1") == "1"
    first.leave()
    for user in users:
        user.stop()
    assert [user.look_after() for user in users] == [False, False]
    assert _nothing_is_left(folder)


def test_what_a_dead_server_left_running_is_ended_before_a_new_one_starts(folder: Path) -> None:
    server = EmbeddedPostgres(folder, small=True).start()
    data = place_for(folder).data
    helper = next(process for process in leftovers_of(data) if "checkpointer" in " ".join(process.cmdline()))
    postmaster = postmaster_of(data)
    assert postmaster is not None
    helper.suspend()
    postmaster.kill()
    again = EmbeddedPostgres(folder, small=True).start()
    assert _asked(again.url(), "SELECT 1") == "1"
    assert not psutil.pid_exists(helper.pid) or helper.status() == psutil.STATUS_ZOMBIE
    again.stop()
    server.stop()
    assert _nothing_is_left(folder)


def test_a_stale_file_that_names_a_living_process_is_not_believed(folder: Path) -> None:
    with EmbeddedPostgres(folder, small=True):
        data = place_for(folder).data
        lines = (data / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with EmbeddedPostgres(folder, small=True) as server:
        assert _asked(server.url(), "SELECT 1") == "1"


def test_a_first_start_cut_short_is_begun_anew(folder: Path) -> None:
    place = place_for(folder)
    place.prepare()
    half_made = place.home / "data.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder, small=True) as server:
        assert _asked(server.url(), "SELECT 1") == "1"


def test_a_folder_deleted_under_the_running_server_can_be_begun_anew(folder: Path) -> None:
    server = EmbeddedPostgres(folder, small=True).start()
    old = postmaster_of(place_for(folder).data)
    assert old is not None
    shutil.rmtree(place_for(folder).home)
    with EmbeddedPostgres(folder, small=True) as again:
        assert _asked(again.url(), "SELECT 1") == "1"
        server.stop()
        assert _asked(again.url(), "SELECT 2") == "2"
    if old.is_running() and old.status() != psutil.STATUS_ZOMBIE:
        old.send_signal(signal.SIGQUIT)
        old.wait(60)


def test_start_and_stop_twice_are_once(folder: Path) -> None:
    server = EmbeddedPostgres(folder, small=True)
    began_at = _began_at(server.start().url())
    assert _began_at(server.start().url()) == began_at
    server.stop()
    server.stop()
    assert _nothing_is_left(folder)


def test_remove_is_refused_while_another_uses_it_and_then_leaves_nothing(folder: Path) -> None:
    user = User(folder)
    user.found()
    with pytest.raises(EmbeddedUnavailable, match="Another process still uses the database"):
        EmbeddedPostgres(folder).remove()
    user.leave()
    EmbeddedPostgres(folder).remove()
    assert not place_for(folder).home.exists()


def test_a_server_that_cannot_start_says_its_last_words(folder: Path) -> None:
    with EmbeddedPostgres(folder, small=True):
        data = place_for(folder).data
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write("nonsense = 1\n")
    with pytest.raises(EmbeddedUnavailable, match="unrecognized configuration parameter") as told:
        EmbeddedPostgres(folder, small=True).start()
    assert "\n" not in str(told.value)


def test_a_socket_folder_that_someone_prepared_for_us_is_refused(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.symlink_to(tmp_path)
    with pytest.raises(EmbeddedUnavailable, match="is not a folder of the user"):
        place_for(tmp_path).private_folder(trap)


def test_without_the_package_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedUnavailable, match="no embedded PostgreSQL for this system; give a PostgreSQL 15"):
        find_binaries(tmp_path, for_another_user=False, carried_in="no_such_package_anywhere")


@pytest.mark.skipif(IS_ROOT, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(EmbeddedUnavailable, match="choose a folder you may write to"):
        EmbeddedPostgres(closed / "database").start()


@pytest.fixture
def plain_user() -> Iterator[str]:
    """A user of the system who is not root, for as long as a test lasts."""
    name = f"farthing-try-{os.getpid()}"
    added = shutil.which("useradd")
    if added is None:
        pytest.skip("no useradd here")
    subprocess.run([added, "--no-create-home", "--shell", "/bin/sh", name], check=True, capture_output=True)
    yield name
    subprocess.run(["userdel", name], check=False, capture_output=True)


@pytest.fixture
def folder_of_plain_user(plain_user: str) -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="farthing home "))
    account = pwd.getpwnam(plain_user)
    os.chown(home, account.pw_uid, account.pw_gid)
    yield home / "data base"
    EmbeddedPostgres(home / "data base").remove()
    shutil.rmtree(home)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become others")
def test_root_first_and_a_plain_user_after_both_have_their_own(plain_user: str, folder_of_plain_user: Path) -> None:
    with EmbeddedPostgres(folder_of_plain_user, small=True) as of_root:
        roots_data = _asked(of_root.url(), "SHOW data_directory")
        user = User(folder_of_plain_user, as_user=plain_user)
        assert user.found()["data"] == str(folder_of_plain_user / "data")
        assert not roots_data.startswith(str(folder_of_plain_user))
        user.leave()
    shutil.rmtree(Path(roots_data).parent)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become others")
def test_a_plain_users_database_is_served_to_root_as_that_user(plain_user: str, folder_of_plain_user: Path) -> None:
    user = User(folder_of_plain_user, as_user=plain_user)
    began_at = user.found()["began_at"]
    with EmbeddedPostgres(folder_of_plain_user) as shared:
        assert _began_at(shared.url()) == began_at
        user.leave()
        assert _began_at(shared.url()) == began_at
    with EmbeddedPostgres(folder_of_plain_user):
        postmaster = postmaster_of(folder_of_plain_user / "data")
        assert postmaster is not None
        assert postmaster.username() == plain_user
    again = User(folder_of_plain_user, as_user=plain_user)
    assert again.found()["began_at"] > began_at
    again.leave()


@pytest.mark.skipif(not IS_ROOT, reason="only root's databases live apart from their folders")
def test_a_database_of_roots_whose_temporary_folder_is_gone_is_removed(folder: Path) -> None:
    gone = Path(tempfile.mkdtemp())
    with EmbeddedPostgres(gone / "database", small=True):
        kept_in = place_for(gone / "database").home
    gone.rmdir()
    assert kept_in.is_dir()
    with EmbeddedPostgres(folder, small=True):
        assert not kept_in.exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root can become others")
def test_the_same_holds_for_a_plain_user(plain_user: str) -> None:
    account = pwd.getpwnam(plain_user)
    with tempfile.TemporaryDirectory(prefix="farthing try ") as temporary:
        os.chown(temporary, account.pw_uid, account.pw_gid)
        done = subprocess.run(
            [
                *(_python_for(plain_user), "-m", "pytest", str(Path(__file__)), f"--basetemp={temporary}/base"),
                *("--rootdir", str(REPOSITORY), "-c", str(REPOSITORY / "pyproject.toml")),
                *("-k", "spaces or at_once or kill_9_of_its_user or deleted or differs or may_not_be_written"),
            ],
            cwd="/",
            env={**_environment(), "HOME": temporary},
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
