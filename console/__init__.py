"""The pages for staff, supervisors and client companies, under /console/."""

from console.alarm_commands import alarms_group
from console.commands import users_group
from console.mounting import init_app

__all__ = ["alarms_group", "init_app", "users_group"]
