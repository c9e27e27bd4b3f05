"""Skipped tests are judged: the cage's may be missing only where the kernel's features are."""

from tests.house import skips

REPORT = """<testsuites><testsuite>
<testcase classname="tests.{room}.test_x" name="test_it"><skipped message="{reason}"/></testcase>
<testcase classname="tests.sandbox.test_x" name="test_that"/>
</testsuite></testsuites>"""


def _judge(tmp_path, monkeypatch, room, missing, reason="no kernel"):
    report = tmp_path / "tests.xml"
    report.write_text(REPORT.format(room=room, reason=reason), encoding="utf-8")
    monkeypatch.setattr(skips, "missing_features", lambda: missing)
    return skips.main([str(report)])


def test_a_skipped_escape_fails_on_a_machine_with_every_feature(tmp_path, monkeypatch):
    assert _judge(tmp_path, monkeypatch, "sandbox", []) == 1


def test_a_skipped_escape_passes_where_a_feature_is_missing(tmp_path, monkeypatch):
    assert _judge(tmp_path, monkeypatch, "sandbox", ["landlock"]) == 0


def test_an_attempt_that_has_nothing_to_try_may_be_left_out(tmp_path, monkeypatch):
    for reason in ("the layer 'python' makes it work", "this machine has it not: /dev/mem"):
        assert _judge(tmp_path, monkeypatch, "sandbox", [], reason) == 0


def test_another_skipped_test_passes_and_is_printed(tmp_path, monkeypatch, capsys):
    assert _judge(tmp_path, monkeypatch, "browser", []) == 0
    assert "tests.browser.test_x.test_it: no kernel" in capsys.readouterr().out


def test_the_features_of_this_machine_are_probed_by_doing():
    assert set(skips.missing_features()) <= {
        "x86-64 or aarch64",
        "seccomp",
        "namespaces",
        "landlock",
    }
