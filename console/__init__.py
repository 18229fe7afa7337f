"""The pages for staff, supervisors and client companies, under /console/."""

from console.commands import users_group
from console.mounting import init_app

__all__ = ["init_app", "users_group"]
