"""Where settings come from, which source wins, and how a wrong one is refused."""

from pathlib import Path

import pytest

from seatkeeper.settings import Settings, SettingsError
from seatkeeper.settings.lookup import describe, load


@pytest.fixture(autouse=True)
def _empty_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _file(text: str, name: str = "seatkeeper.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_source_the_defaults_hold() -> None:
    assert load(None, {}, {}) == Settings()


def test_flags_win_over_environment_over_file_over_defaults() -> None:
    _file("[listen]\nport = 1\nhost = 'file'\n[icws]\nowner = 'file'\nserver_name = 'file'")
    environ = {"SEATKEEPER_LISTEN_PORT": "2", "SEATKEEPER_LISTEN_HOST": "env", "SEATKEEPER_ICWS_OWNER": "env"}
    settings = load(None, environ, {"listen.port": 3, "listen.host": None})
    assert settings.listen.port == 3
    assert settings.listen.host == "env"
    assert settings.icws.owner == "env"
    assert settings.icws.server_name == "file"
    assert settings.icws.idle_timeout == 900


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load(None, {}, {"listen.port": None}).listen.port == 8018


def test_the_environment_may_name_the_file() -> None:
    _file("data = 'elsewhere'", "other.toml")
    assert load(None, {"SEATKEEPER_CONFIG": "other.toml"}).data == Path("elsewhere")


def test_a_named_file_wins_over_the_one_the_environment_names() -> None:
    _file("data = 'environment'", "environment.toml")
    named = _file("data = 'named'", "named.toml")
    assert load(named, {"SEATKEEPER_CONFIG": "environment.toml"}).data == Path("named")


def test_text_from_the_environment_takes_the_type_of_its_setting() -> None:
    settings = load(
        None,
        {
            "SEATKEEPER_DATA": "/var/lib/seatkeeper",
            "SEATKEEPER_ICWS_DISCLOSE_UNKNOWN": "false",
            "SEATKEEPER_ICWS_RETIRED": "station, messaging",
            "SEATKEEPER_LIMITS_REQUEST_SECONDS": "2.5",
        },
    )
    assert settings.data == Path("/var/lib/seatkeeper")
    assert settings.icws.disclose_unknown is False
    assert settings.icws.retired == ("station", "messaging")
    assert settings.limits.request_seconds == 2.5


def test_lists_in_the_file_are_toml_lists() -> None:
    _file("[icws]\nretired = ['a, b', 'c']")
    assert load(None, {}).icws.retired == ("a, b", "c")


def test_other_programs_variables_are_left_alone() -> None:
    assert load(None, {"PATH": "/bin", "SEAT": "1"}) == Settings()


def _refusal(environ: dict[str, str] | None = None, flags: dict[str, object] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(None, environ or {}, flags)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[listen]\nprot = 1", "seatkeeper.toml: listen.prot is no setting. The nearest is listen.port."),
        ("[lisen]\nport = 1", "seatkeeper.toml: lisen is no setting. The nearest is listen."),
        ("listen = 8018", "seatkeeper.toml: listen is a group of settings."),
        ("[data]\npath = 'x'", "seatkeeper.toml: data must be a path"),
        (
            "[listen]\nport = '8018'",
            'seatkeeper.toml: listen.port must be a whole number, at least 0, at most 65535, not "8018".',
        ),
        ("[listen]\nport = true", "listen.port must be a whole number, at least 0, at most 65535, not true."),
        ("[listen]\nport = 70000", "listen.port must be a whole number, at least 0, at most 65535, not 70000."),
        ("[listen]\nhost = ''", "listen.host must be a text that is not empty"),
        ("[icws]\nretired = 'station'", "icws.retired must be a list of texts"),
        ("[limits]\nrequest_seconds = nan", "limits.request_seconds must be a number (seconds), above 0, not nan."),
        ("[log]\nformat = 'xml'", 'log.format must be one of "console", "json", not "xml".'),
        ("[listen", "The settings file seatkeeper.toml cannot be read"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_its_place(text: str, sentence: str) -> None:
    _file(text)
    assert sentence in _refusal()


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_a_file_that_no_parser_takes_is_told_in_a_sentence(text: str) -> None:
    _file(text)
    assert "cannot be read" in _refusal()


def test_an_unknown_variable_is_refused_with_the_nearest() -> None:
    said = _refusal({"SEATKEEPER_LISTEN_PROT": "1"})
    assert "SEATKEEPER_LISTEN_PROT is no setting. The nearest is SEATKEEPER_LISTEN_PORT." in said


def test_a_wrong_value_in_the_environment_names_its_variable() -> None:
    said = _refusal({"SEATKEEPER_ICWS_IDLE_TIMEOUT": "soon"})
    assert "SEATKEEPER_ICWS_IDLE_TIMEOUT" in said
    assert "a whole number (seconds), at least 1" in said


@pytest.mark.parametrize("text", ["media_2 = 'I3_X'\nmedia_3 = 'i3_x '", "recorder = 'i3_access_client'"])
def test_two_properties_that_mean_one_license_are_refused(text: str) -> None:
    _file(f"[icws_licenses]\n{text}")
    said = _refusal()
    assert "both name" in said
    assert "each must name a license of its own" in said
    assert said.count("icws_licenses.") == 2


def test_what_a_property_means_can_be_set_in_file_and_environment() -> None:
    _file("[icws_licenses]\nmedia_1 = 'ONE'\nrecorder = 'TAPE'")
    table = load(None, {"SEATKEEPER_ICWS_LICENSES_RECORDER": "REEL"}).icws_licenses
    assert (table.media_1, table.recorder, table.client_access) == ("ONE", "REEL", "I3_ACCESS_CLIENT")


def test_properties_may_swap_their_licenses() -> None:
    _file("[icws_licenses]\nmedia_1 = 'I3_ACCESS_ACD_MEDIA_2'\nmedia_2 = 'I3_ACCESS_ACD_MEDIA_1'")
    assert load(None, {}).icws_licenses.media_1 == "I3_ACCESS_ACD_MEDIA_2"


def test_endless_times_are_refused() -> None:
    assert "above 0" in _refusal({"SEATKEEPER_ICWS_PING_INTERVAL": "inf"})


def test_an_unknown_flag_is_refused_with_the_nearest() -> None:
    assert "The nearest is limits.body." in _refusal(flags={"limits.boby": 1})


def test_a_file_that_was_asked_for_must_exist() -> None:
    with pytest.raises(SettingsError, match=r"There is no settings file missing\.toml"):
        load(Path("missing.toml"), {})


def test_every_setting_is_described_and_its_default_is_one_it_may_have() -> None:
    rows = list(describe())
    assert len(rows) > 20
    for row in rows:
        assert row.description
        load(None, {row.variable: row.default.strip('"').strip("[]")} if row.default != "[]" else {})
