"""Where settings come from, which source wins, and how a wrong one is refused."""

import re
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
    _file("[limits]\nbody = 2000\nheaders = 2000\n[icws]\nowner = 'file'\nserver_name = 'file'")
    environ = {"SEATKEEPER_LIMITS_BODY": "3000", "SEATKEEPER_LIMITS_HEADERS": "3000", "SEATKEEPER_ICWS_OWNER": "env"}
    settings = load(None, environ, {"limits.body": 4000, "limits.headers": None})
    assert settings.limits.body == 4000
    assert settings.limits.headers == 3000
    assert settings.icws.owner == "env"
    assert settings.icws.server_name == "file"
    assert settings.icws.idle_timeout == 900


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert load(None, {}, {"listen.http": None}).listen.http == ("127.0.0.1:8018",)


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
        ("[listen]\nhtp = []", "seatkeeper.toml: listen.htp is no setting. The nearest is listen.http."),
        ("[listen]\nport = 8018", "seatkeeper.toml: listen.port is no setting."),
        ("[lisen]\nhttp = []", "seatkeeper.toml: lisen is no setting. The nearest is listen."),
        ("listen = 8018", "seatkeeper.toml: listen is a group of settings."),
        ("[data]\npath = 'x'", "seatkeeper.toml: data must be a path"),
        (
            "[limits]\nheaders = '2000'",
            'limits.headers must be a whole number (bytes), at least 1024, at most 1048576, not "2000".',
        ),
        ("[limits]\nheaders = true", "a whole number (bytes), at least 1024, at most 1048576, not true."),
        ("[limits]\nheaders = 9", "a whole number (bytes), at least 1024, at most 1048576, not 9."),
        ("[listen]\ncertificate = ''", "listen.certificate must be a path"),
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
    said = _refusal({"SEATKEEPER_LISTEN_HTPS": "1"})
    assert "SEATKEEPER_LISTEN_HTPS is no setting. The nearest is SEATKEEPER_LISTEN_HTTPS." in said


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


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8018", "0.0.0.0:0", "[::1]:8018", "[::]:65535", "localhost:8018", "licenses.example:1"]
)
def test_an_address_is_host_and_port(address: str) -> None:
    assert load(None, {"SEATKEEPER_LISTEN_HTTP": address}).listen.http == (address,)


@pytest.mark.parametrize(
    "address", ["8018", "127.0.0.1", "127.0.0.1:", ":8018", "::1:8018", "[::1]", "a:b", "a:-1", "a:8018x", "a:\u0661"]
)
def test_what_is_no_address_is_refused_with_how_to_write_one(address: str) -> None:
    said = _refusal({"SEATKEEPER_LISTEN_HTTP": f"127.0.0.1:0, {address}"})
    assert said.startswith(f"listen.http: {address!r} is no address; ")
    assert "as in" in said


@pytest.mark.parametrize("port", ["65536", "9" * 5000])
def test_a_port_is_at_most_65535(port: str) -> None:
    assert "a port is at most 65535" in _refusal({"SEATKEEPER_LISTEN_HTTPS": f"127.0.0.1:{port}"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("http = []", "listen.http and listen.https name no address; nobody could reach the server."),
        ("https = ['127.0.0.1:8019']", "listen.https needs listen.certificate, and listen.key"),
        ("https = ['127.0.0.1:8018']\ncertificate = 'c'", "listen.http and listen.https name 127.0.0.1:8018 twice"),
    ],
)
def test_addresses_that_do_not_go_together_are_refused(text: str, sentence: str) -> None:
    _file(f"[listen]\n{text}")
    assert sentence in _refusal()


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"])
def test_a_proxy_is_an_address_or_a_network(proxy: str) -> None:
    assert load(None, {"SEATKEEPER_LISTEN_TRUSTED_PROXIES": proxy}).listen.trusted_proxies == (proxy,)


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("proxy.example", "'proxy.example' is no proxy; write its IP address"),
        ("*", "'*' is no proxy"),
        ("10.0.0.256", "is no proxy"),
        ("10.0.0.1/8", "perhaps 10.0.0.0/8 is meant"),
        ("10.0.0.0/33", "is no proxy"),
    ],
)
def test_what_is_no_proxy_is_refused(proxy: str, sentence: str) -> None:
    said = _refusal({"SEATKEEPER_LISTEN_TRUSTED_PROXIES": proxy})
    assert said.startswith("listen.trusted_proxies: ")
    assert sentence in said


@pytest.mark.parametrize(
    "origin",
    [
        "https://desk.example",
        "http://localhost:3000",
        "https://desk.example:8443",
        "http://127.0.0.1:443",
        "https://[::1]:8443",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
        "https://xn--bcher-kva.example",
    ],
)
def test_an_origin_is_scheme_host_and_port(origin: str) -> None:
    assert load(None, {"SEATKEEPER_ICWS_ALLOWED_ORIGINS": origin}).icws.allowed_origins == (origin,)


@pytest.mark.parametrize(
    ("origin", "sentence"),
    [
        ("*", "'*' is not enough; requests carry a session's cookie"),
        ("null", "'null' is nobody's"),
        ("https://*.example", "is no origin"),
        ("desk.example", "is no origin"),
        ("desk.example:443", "is no origin"),
        ("https://", "is no origin"),
        ("https://desk.example/app", "is no origin"),
        ("https://desk.example?", "is no origin"),
        ("https://user@desk.example", "is no origin"),
        ("https://desk.example:70000", "is no origin"),
        ("https://bücher.example", "is no origin"),
        ("https://desk.example/", "they send https://desk.example."),
        ("https://Desk.Example", "they send https://desk.example."),
        ("https://desk.example:443", "they send https://desk.example."),
        ("http://desk.example:80", "they send http://desk.example."),
        ("https://desk.example:08443", "they send https://desk.example:8443."),
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused_with_the_reason(origin: str, sentence: str) -> None:
    said = _refusal({"SEATKEEPER_ICWS_ALLOWED_ORIGINS": origin})
    assert said.startswith(f"icws.allowed_origins: {origin!r} ")
    assert sentence in said


@pytest.mark.parametrize("host", ["ic2.example", "ic2", "IC_2.example.", "192.0.2.7", "2001:db8::7", "[2001:db8::7]"])
def test_an_alternate_host_is_a_name_or_an_address(host: str) -> None:
    assert load(None, {"SEATKEEPER_ICWS_ALTERNATE_HOSTS": host}).icws.alternate_hosts == (host,)


@pytest.mark.parametrize(
    "host", ["https://ic2.example", "ic2.example:8018", "ic2.example/icws", "ic 2", "[2001:db8::7]:8018", "*"]
)
def test_what_clients_could_not_put_in_the_place_of_the_host_is_refused(host: str) -> None:
    said = _refusal({"SEATKEEPER_ICWS_ALTERNATE_HOSTS": host})
    assert said.startswith(f"icws.alternate_hosts: {host!r} is no host;")
    assert "the same port and scheme" in said


@pytest.mark.parametrize(
    "issuer", ["https://login.example", "https://login.example/realm/", "http://127.0.0.1:8080/realm", "http://[::1]:1"]
)
def test_an_issuer_is_a_url(issuer: str) -> None:
    settings = load(_file(f"[single_sign_on]\nissuer = '{issuer}'\naudience = 'seatkeeper'"), {})
    assert settings.single_sign_on.issuer == issuer


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("issuer = 'login.example'\naudience = 'x'", "is no issuer; write its URL as it stands in its tokens"),
        ("issuer = 'https://'\naudience = 'x'", "is no issuer"),
        ("issuer = 'https://[::1'\naudience = 'x'", "is no issuer"),
        ("issuer = 'https://login.example?realm=1'\naudience = 'x'", "is no issuer"),
        ("issuer = 'http://login.example'\naudience = 'x'", "is not safe; an issuer on another machine"),
        ("issuer = 'https://login.example'", "single_sign_on.issuer and single_sign_on.audience need each other"),
        ("audience = 'x'", "single_sign_on.issuer and single_sign_on.audience need each other"),
        ("issuer = 'https://login.example'\naudience = 'x'\nleeway = 301", "at most 300"),
    ],
)
def test_single_sign_on_that_could_not_be_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        load(_file(f"[single_sign_on]\n{text}"), {})


@pytest.mark.parametrize("context", ["", "mfp/admin", "/mfpadmin", "mfp admin", "..", "icws"])
def test_what_is_no_context_root_is_refused(context: str) -> None:
    with pytest.raises(SettingsError, match=r"mobilefirst\.contexts: .* (is no context root|is no path|cannot be)"):
        load(_file(f"[mobilefirst]\ncontexts = ['{context}']"), {})


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
        load(None, {row.variable: re.sub(r'[\["\]]', "", row.default)} if row.default != "[]" else {})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://seatkeeper@db.example/inventory",
        "postgres://db1.example:5432,db2.example:5433/inventory?sslmode=verify-full",
        "postgresql://seatkeeper:p%40ss@[2001:db8::1]:5432/inventory",
        "postgresql:///inventory?host=/run/postgresql",
        "postgresql://",
    ],
)
def test_a_database_is_a_url_of_postgresql(url: str) -> None:
    assert load(None, {"SEATKEEPER_DATABASE": url}).database == url


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://seatkeeper:a-secret@db.example/inventory", "is no URL of PostgreSQL; write it as in postgresql://"),
        ("host=db.example password=a-secret", "is no URL of PostgreSQL"),
        ("postgresql://seatkeeper:a-secret%zz@db.example/inventory", "has a character that no URL has"),
        ("postgresql://seatkeeper:a-secret @db.example/inventory", "has a character that no URL has"),
        ("postgresql://seatkeeper:a-secret/1@db.example/inventory", "cannot be read"),
        ("postgresql://seatkeeper:a-secret@1@db.example/inventory", "cannot be read"),
        ("postgresql://seatkeeper:a-secret@db.example:54321,db2.example:70000/inventory", "a port that is none"),
    ],
)
def test_a_database_that_cannot_be_is_refused_without_showing_its_password(url: str, sentence: str) -> None:
    said = _refusal({"SEATKEEPER_DATABASE": url})
    assert sentence in said
    assert "a-secret" not in said


def test_settings_do_not_show_the_password_of_their_database() -> None:
    assert "a-secret" not in repr(Settings(database="postgresql://seatkeeper:a-secret@db.example/inventory"))


def test_several_workers_need_a_database_that_several_can_use() -> None:
    said = _refusal(flags={"workers": 2})
    assert "workers: one process alone can use SQLite's database" in said
    assert load(None, {}, {"workers": 2, "database": "postgresql://db.example/inventory"}).workers == 2


def test_the_clock_of_a_shared_database_is_not_set_by_tests() -> None:
    said = _refusal(flags={"testing": True, "database": "postgresql://db.example/inventory"})
    assert "testing: tests may set the clock of a server that has its database to itself" in said
