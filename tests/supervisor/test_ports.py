"""Listening sockets: opened, or one line that says why not and who is in the way."""

import os
import socket

import pytest

from appengine.config.settings import Settings
from appengine.supervisor.ports import PortError, listen, listen_for


def test_port_0_takes_a_free_one():
    with listen("localhost", 0) as listener:
        assert listener.getsockname()[1] > 0
        with socket.create_connection(listener.getsockname()):
            assert listener.accept()[0].close() is None


def test_a_port_in_use_names_its_owner():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortError) as caught:
            listen("127.0.0.1", port)
    assert f"port {port} on 127.0.0.1 is in use by " in str(caught.value)
    assert f"(process {os.getpid()})" in str(caught.value)


def test_a_port_that_this_server_has_taken_itself_is_told_so():
    with listen("127.0.0.1", 0) as listener, pytest.raises(PortError, match="this server itself"):
        listen("127.0.0.1", listener.getsockname()[1])


def test_a_port_behind_the_last_one_is_told():
    """The resolver would take 65536 for 0: some free port that nobody asked for."""
    with pytest.raises(PortError, match="port 65536 on localhost: ports end at 65535"):
        listen("localhost", 65536)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "999.999.999.999", "a" * 70 + ".b"])
def test_a_host_that_is_none_is_told(host):
    with pytest.raises(PortError, match="--host"):
        listen(host, 0)


def test_an_address_of_another_machine_is_told():
    with pytest.raises(PortError, match=r"port 0 on 192\.0\.2\.1: "):
        listen("192.0.2.1", 0)


def test_modules_take_ports_in_a_row_but_those_that_are_fixed():
    """Source: App Engine, dev_appserver.py, `--specified_service_ports`."""
    with listen("localhost", 0) as one, listen("localhost", 0) as other:
        fixed, first = (each.getsockname()[1] for each in (one, other))
    settings = Settings(port=first, admin_port=0, specified_service_ports=(f"backend:{fixed}",))
    listeners = listen_for(settings, ["backend", "default"])
    ports = [each.getsockname()[1] for each in listeners]
    for each in listeners:
        each.close()
    assert ports[:2] == [fixed, first] and len(ports) == 3
