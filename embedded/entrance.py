"""How every process of ours begins: settings, logs, and one clear line when it cannot.

`clearly_refused()` around whatever may find an operator's mistake; `enter()` inside it.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from config.host_check import hosts_on_record, unused_allowances
from config.logs import set_up_logs
from config.problems import ConfigurationError
from config.settings import Settings, SettingsError, load_settings
from storage.house import REFUSALS

log = logging.getLogger(__name__)

# What an operator's mistake raises; shown as one line, never as a traceback.
EXPECTED: Final = (SettingsError, ConfigurationError, *REFUSALS)
REFUSED: Final = 2


@contextmanager
def clearly_refused(
    *, code: int = REFUSED, unless: type[Exception] | tuple[()] = ()
) -> Iterator[None]:
    """End the process with one line and this exit code when an operator's mistake shows itself.

    What is named by `unless` is let through, for whoever knows something better to do.
    """
    try:
        yield
    except unless:
        raise
    except EXPECTED as error:
        sys.stderr.write(f"Genklang does not start: {error}\n")
        sys.exit(code)


def enter() -> Settings:
    """The settings of this process, its logs set up and its allowances told in them.

    Raises SettingsError.
    """
    settings = load_settings()
    set_up_logs(settings.log_level)
    hosts = hosts_on_record(settings, os.environ)
    for one in hosts:
        if one.declared:
            told = {"setting": one.setting, "host": one.host, "reason": one.where}
            log.info("hosts.allowed", extra=told)
    for host in unused_allowances(settings, hosts):
        log.warning("hosts.allowed_for_nothing", extra={"host": host})
    return settings
