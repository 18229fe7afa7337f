"""What is shown of a transcript: numbers of people hidden, doubtful words marked."""

import json

from console.transcripts import DOUBTFUL_BELOW, shown, typed
from storage.house import House
from tests.console.worlds import SPOKEN, World, change
from transcription.masking import MASK


def test_a_spoken_number_is_hidden_and_the_rest_keeps_its_times() -> None:
    words = shown(json.dumps(SPOKEN), language="en")

    assert [word.text for word in words] == ["please", "ring", MASK]
    assert [word.at for word in words] == [0.1, 0.5, 1.0]
    assert [word.masked for word in words] == [False, False, True]


def test_a_word_below_six_tenths_is_doubtful_and_one_at_it_is_not() -> None:
    document = json.dumps(
        [["maybe", 0, 1, DOUBTFUL_BELOW - 0.01], ["surely", 1, 2, DOUBTFUL_BELOW]]
    )

    assert [word.doubtful for word in shown(document, language="en-GB")] == [True, False]


def test_a_typed_comment_is_masked_too(house: House, world: World) -> None:
    text = "Ring 0701740611 please"
    sealed = house.keyring.seal_one(world.comment.id, "comment.text", text)
    change(world.comment, text_sealed=sealed)
    world.comment.text_sealed = sealed

    assert typed(house.keyring, [(world.comment, "en")]) == [f"Ring {MASK} please"]
    house.keyring.destroy([world.comment.id])
    assert typed(house.keyring, [(world.comment, "en")]) == [""]
