"""What App Engine promises of modules."""

import pytest

from appengine import modules
from appengine.rpc.client import transport
from appengine.rpc.internal import ModuleState, NoApplications, Served
from tests.rpc.one_process import OneProcess


class Applications(NoApplications):
    """Two modules of ours, one of them with manual scaling, and another application's."""

    def __init__(self):
        self.instances = 3
        self.is_there = True

    def served(self):
        return [
            Served("trial", "default", "localhost:8080", version="1"),
            Served("trial", "back", "localhost:8081", version="2"),
            Served("other", "secret", "localhost:8082", version="1"),
        ]

    def state(self, application, module):
        if not self.is_there:
            raise OSError("gone")
        if module == "back":
            return ModuleState(
                module="back", version="2", scaling="manual", instances=self.instances, stated=3
            )
        return ModuleState(module=module, version="1", scaling="automatic", instances=1)

    def set_instances(self, application, module, instances):
        assert (application, module) == ("trial", "back")
        self.instances = instances


@pytest.fixture(autouse=True)
def served(tmp_path):
    applications = Applications()
    made = OneProcess(tmp_path, applications=applications)
    token = transport.set(made)
    yield applications
    transport.reset(token)
    made.close()


def test_the_current_module_version_and_instance_are_the_environments(monkeypatch):
    """Source: `modules.get_current_module_name` and its like."""
    monkeypatch.setenv("CURRENT_MODULE_ID", "back")
    monkeypatch.setenv("CURRENT_VERSION_ID", "back:v2.123")
    monkeypatch.setenv("INSTANCE_ID", "i1")
    assert modules.get_current_module_name() == "back"
    assert modules.get_current_version_name() == "v2"
    assert modules.get_current_instance_id() == "i1"
    monkeypatch.setenv("GAE_SERVICE", "front")
    monkeypatch.setenv("GAE_VERSION", "v3")
    monkeypatch.setenv("GAE_INSTANCE", "i2")
    assert modules.get_current_module_name() == "front"
    assert modules.get_current_version_name() == "v3"
    assert modules.get_current_instance_id() == "i2"


def test_an_application_sees_its_own_modules_alone():
    """Source: `modules.get_modules`."""
    assert modules.get_modules() == ["default", "back"]


def test_versions_are_those_of_a_module():
    """Source: `modules.get_versions`, `modules.get_default_version`."""
    assert modules.get_versions() == ["1"]
    assert modules.get_versions("back") == ["2"]
    assert modules.get_default_version("back") == "2"
    for function in (modules.get_versions, modules.get_default_version):
        with pytest.raises(modules.InvalidModuleError, match="'secret'"):
            function("secret")


def test_instances_are_counted_where_scaling_is_manual():
    """Source: `modules.get_num_instances`."""
    assert modules.get_num_instances("back") == modules.get_num_instances("back", "2") == 3
    for module, version in ((None, None), ("back", "9"), ("nothing", None)):
        with pytest.raises(modules.InvalidVersionError):
            modules.get_num_instances(module, version)


def test_the_number_of_instances_can_be_changed_where_scaling_is_manual(served):
    """Source: `modules.set_num_instances`."""
    modules.set_num_instances(5, "back", "2")
    assert served.instances == 5
    modules.set_num_instances_async(7, "back").get_result()
    assert modules.get_num_instances("back") == 7
    with pytest.raises(modules.InvalidVersionError, match="automatic scaling"):
        modules.set_num_instances(5)
    with pytest.raises(TypeError):
        modules.set_num_instances("5", "back")


@pytest.mark.parametrize(
    ("count", "is_right"), [(0, False), (1, True), (1000, True), (1001, False)]
)
def test_there_are_from_1_to_1000_instances(served, count, is_right):
    """Source: `modules.set_num_instances`: InvalidInstancesError."""
    if is_right:
        modules.set_num_instances(count, "back")
        assert served.instances == count
    else:
        with pytest.raises(modules.InvalidInstancesError):
            modules.set_num_instances(count, "back")


def test_a_version_is_stopped_and_started(served):
    """Source: `modules.stop_version`, `modules.start_version`: a second time changes nothing."""
    modules.stop_version("back", "2")
    assert served.instances == 0
    modules.stop_version("back")
    modules.stop_version_async("back").get_result()
    modules.start_version("back", "2")
    assert served.instances == 3
    modules.start_version_async("back", "2").get_result()
    with pytest.raises(modules.InvalidVersionError):
        modules.start_version("back", "9")
    with pytest.raises(modules.InvalidVersionError):
        modules.stop_version()


def test_a_supervisor_that_does_not_answer_is_a_transient_error(served):
    """Source: `modules.TransientError`."""
    served.is_there = False
    with pytest.raises(modules.TransientError):
        modules.get_num_instances("back")


def test_a_host_name_leads_to_a_module():
    """Source: `modules.get_hostname`."""
    assert modules.get_hostname() == "localhost:8080"
    assert modules.get_hostname("back", "2") == "localhost:8081"
    assert modules.get_hostname("back", instance=2) == "localhost:8081"
    assert modules.get_hostname("back", instance="0") == "localhost:8081"
    with pytest.raises(modules.InvalidModuleError):
        modules.get_hostname("secret")
    with pytest.raises(modules.InvalidVersionError):
        modules.get_hostname("back", "9")
    for module, instance in (("back", 3), ("back", "x"), ("default", 0)):
        with pytest.raises(modules.InvalidInstancesError):
            modules.get_hostname(module, instance=instance)
    with pytest.raises(TypeError):
        modules.get_hostname("back", instance=1.5)


def test_every_error_is_one_of_modules():
    """Source: `google.appengine.api.modules`, exceptions."""
    assert issubclass(modules.UnexpectedStateError, modules.Error)


@pytest.mark.parametrize("name", ["x" * 101, b"back", 7])
def test_a_name_that_none_can_have_is_refused_before_it_is_sent(name):
    """Source: `google.appengine.api.modules`, InvalidModuleError and its like."""
    for ask in (modules.get_versions, modules.get_default_version, modules.get_hostname):
        with pytest.raises(modules.InvalidModuleError, match="at most 100 characters"):
            ask(name)
    for ask in (modules.get_num_instances, modules.stop_version):
        with pytest.raises(modules.InvalidVersionError):
            ask("back", name)
        with pytest.raises(modules.InvalidVersionError):
            ask(name)
    for start in (modules.start_version, modules.start_version_async):
        with pytest.raises(modules.InvalidVersionError):
            start("back", name)
    with pytest.raises(modules.InvalidVersionError):
        modules.set_num_instances(2, name)
    with pytest.raises(modules.InvalidInstancesError):
        modules.get_hostname("back", instance="9" * 101)
    assert modules.get_versions("") == ["1"]
