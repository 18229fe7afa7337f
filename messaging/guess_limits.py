"""How often a receipt code may be keyed in: from one place, and by everybody together.

Counted in Redis, where all web processes see it, atomically, so that guesses made at the same time
are counted one by one. A place is a keyed hash of an address, under a key that is not in Redis; it
goes by itself within the hour. Without Redis no code is looked at.
"""

import hmac
import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from redis import Redis, RedisError

from storage import alarms
from storage.house import House, transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many at once, and one more in each interval."""

    at_once: int
    seconds_each: float


OF_ONE_PLACE: Final = Allowance(at_once=10, seconds_each=360.0)
OF_EVERYBODY: Final = Allowance(at_once=600, seconds_each=5.0)
ALARM: Final = "receipt_code.guessing"
EVERYBODY: Final = "mine:everybody"
PLACE: Final = "mine:place:"
_KEY_PURPOSE: Final = b"where a receipt code was keyed in"

# For each name the moment at which all of its allowance is there again, by the server's clock. The
# first that has none left is told and nothing is counted then.
_TAKE: Final = """
local now = redis.call('TIME')
local at = tonumber(now[1]) + tonumber(now[2]) / 1000000
local whole = {}
for i, name in ipairs(KEYS) do
  whole[i] = math.max(tonumber(redis.call('GET', name) or at), at)
  if whole[i] - at > (ARGV[2 * i - 1] - 1) * ARGV[2 * i] then
    return i
  end
end
for i, name in ipairs(KEYS) do
  local until_whole = whole[i] - at + ARGV[2 * i]
  redis.call('SET', name, string.format('%.6f', at + until_whole), 'PX',
    math.ceil(until_whole * 1000))
end
return 0
"""


class Allowed(StrEnum):
    """Whether one more code is looked at."""

    YES = "yes"
    NOT_FROM_THERE = "not_from_there"
    NOT_BY_ANYBODY = "not_by_anybody"
    NOT_KNOWN = "not_known"


_ANSWERS: Final = (Allowed.YES, Allowed.NOT_FROM_THERE, Allowed.NOT_BY_ANYBODY)


def take(
    redis: Redis,
    place: str,
    *,
    secret: str,
    of_one: Allowance = OF_ONE_PLACE,
    of_all: Allowance = OF_EVERYBODY,
) -> Allowed:
    """Count one guess from that place before it is looked at, right or wrong."""
    names = [PLACE + _hidden(place, secret), EVERYBODY]
    limits: list[float] = [of_one.at_once, of_one.seconds_each, of_all.at_once, of_all.seconds_each]
    try:
        return _ANSWERS[int(redis.eval(_TAKE, len(names), *names, *limits))]
    except RedisError:
        log.warning("receipt_code.not_counted")
        return Allowed.NOT_KNOWN


def alarm(*, now: datetime) -> None:
    """Tell the operator that somebody guesses so much that nobody's code is taken."""
    with transaction() as session:
        alarms.sound(session, ALARM, at=now)


def calm_down(house: House, *, now: datetime) -> None:
    """End the alarm once all of everybody's allowance is there again."""
    try:
        guessing = house.bell.redis.exists(EVERYBODY)
    except RedisError:
        return
    if not guessing:
        with transaction() as session:
            alarms.clear(session, ALARM, at=now)


def _hidden(place: str, secret: str) -> str:
    key = hmac.digest(secret.encode(), _KEY_PURPOSE, "sha256")
    return hmac.new(key, place.encode(), sha256).hexdigest()[:32]
