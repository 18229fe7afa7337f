"""Who answers at which number."""

from simulator.directory import Directory, NobodyHome
from simulator.handset import Answer, Direction, Line


def test_the_newest_lookup_is_asked_first_and_nobody_is_home_elsewhere():
    older, newer = NobodyHome(), NobodyHome()
    directory = Directory()
    directory.add(lambda number: older if number in ("+1", "+2") else None)
    directory.add(lambda number: newer if number == "+1" else None)

    assert directory.handset_for("+1") is newer
    assert directory.handset_for("+2") is older
    assert directory.handset_for("+3") not in (newer, older)


def test_a_lookup_can_be_taken_out_again():
    only = NobodyHome()

    def lookup(number):
        return only

    directory = Directory()
    directory.add(lookup)
    directory.remove(lookup)
    directory.remove(lookup)

    assert directory.handset_for("+1") is not only


def test_an_empty_room_lets_it_ring():
    line = Line("CA1", "+1", "+2", Direction.OUTBOUND, 25, lambda: False)

    pickup = NobodyHome().ring(line)

    assert (pickup.answer, pickup.after_seconds) == (Answer.NO_ANSWER, 25)
