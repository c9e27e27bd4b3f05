"""What the front asks about instances, answered."""

import asyncio
from collections.abc import Sequence

from appengine.config.scaling import BasicScaling, ManualScaling
from appengine.rpc.control import (
    SWITCHED_OFF,
    AskCause,
    AskModule,
    AskPause,
    Done,
    InstanceQuestion,
    Kill,
    NeedInstance,
    Paused,
    SetInstances,
)
from appengine.rpc.internal import ModuleState
from appengine.supervisor.debugger import Debugger
from appengine.supervisor.versions import ModuleServer

CAUSE_SECONDS = 3.0
"""The end of an instance may be so long away from us when the front has seen it."""

UNKNOWN_SECONDS = 0.5
"""The same for a process that we do not know."""

STEP_SECONDS = 0.005


async def answer(question: InstanceQuestion, modules: Sequence[ModuleServer]) -> Done | ModuleState:
    """Does what is asked of some module's instance."""
    if isinstance(question, Kill):
        return _kill(question, modules)
    if isinstance(question, AskCause):
        return Done(await _find_cause(question.pid, modules))
    if isinstance(question, AskModule | SetInstances):
        return _tell_module(question, modules)
    for module in modules:
        if isinstance(question, NeedInstance):
            if module.population.need(question.version, question.at_once):
                return Done(SWITCHED_OFF)
        else:
            module.let_go(question.pid, question.cause)
    return Done()


def _tell_module(
    question: AskModule | SetInstances, modules: Sequence[ModuleServer]
) -> Done | ModuleState:
    for module in modules:
        config = module.config
        if (config.application, config.module) == (question.application, question.module):
            if isinstance(question, SetInstances):
                module.population.set_count(question.instances)
                return Done()
            return _state_of(module)
    return Done("there is no such module")  # what asks for a state takes it for no answer


def _state_of(module: ModuleServer) -> ModuleState:
    scaling = module.config.scaling
    is_manual = isinstance(scaling, ManualScaling)
    stated = int(scaling.instances) if isinstance(scaling, ManualScaling) else 0
    kind = "basic" if isinstance(scaling, BasicScaling) else "automatic"
    count = stated  # while its first instance starts
    if module.generation is not None:
        staying = len(module.generation.staying())
        count = module.population.scale.least if is_manual else staying
    return ModuleState(
        module=module.config.module,
        version=module.config.version,
        scaling="manual" if is_manual else kind,
        instances=count,
        stated=stated,
    )


def find_pause(
    question: AskPause, modules: Sequence[ModuleServer], debugger: Debugger | None
) -> Paused:
    """Returns how long a developer has looked at an instance."""
    for module in modules:
        if debugger is not None and (instance := module.find(question.pid)) is not None:
            return Paused(*debugger.paused_seconds(instance.id))
    return Paused()


def _kill(question: Kill, modules: Sequence[ModuleServer]) -> Done:
    for module in modules:
        if (instance := module.find(question.pid)) is not None:
            instance.kill(question.cause)
            return Done("killed")
    for module in modules:
        module.end_stranger(question.version, question.pid)
    return Done("gone")


async def _find_cause(pid: int, modules: Sequence[ModuleServer]) -> str:
    """Returns why an instance died; its death may be a moment away from us still."""
    began = last_known = asyncio.get_running_loop().time()
    while (now := asyncio.get_running_loop().time()) < began + CAUSE_SECONDS:
        for module in modules:
            if pid in module.causes:
                return module.causes[pid]
            if module.find(pid) is not None:  # a request's process, before somebody asks, is not
                last_known = now
        if now > last_known + UNKNOWN_SECONDS:
            break
        await asyncio.sleep(STEP_SECONDS)
    return "died" if now > last_known + UNKNOWN_SECONDS else "it closed the request unanswered"
