"""What the front asks about instances, answered."""

import asyncio
from collections.abc import Sequence

from appengine.rpc.control import AskCause, Done, Kill, LetGo, NeedInstance
from appengine.supervisor.versions import ModuleServer

CAUSE_SECONDS = 3.0
"""The end of an instance may be so long away from us when the front has seen it."""

UNKNOWN_SECONDS = 0.5
"""The same for a process that we do not know."""

STEP_SECONDS = 0.005

InstanceQuestion = NeedInstance | Kill | LetGo | AskCause


async def answer(question: InstanceQuestion, modules: Sequence[ModuleServer]) -> Done:
    """Does what is asked of some module's instance."""
    if isinstance(question, Kill):
        return _kill(question, modules)
    if isinstance(question, AskCause):
        return Done(await _find_cause(question.pid, modules))
    for module in modules:
        if isinstance(question, NeedInstance):
            module.need_instance(question.version)
        else:
            module.let_go(question.pid, question.cause)
    return Done()


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
    return "died"
