"""A sentence is its pattern with the facts in it, whatever the facts are."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.licensing.refusals import Code, Refusal
from seatkeeper.licensing.sentences import Sentence, say
from seatkeeper.licensing.verdicts import SENTENCES, Reason, Verdict

# Names as people type them, with a good chance of what patterns are made of.
NAMES = st.text() | st.lists(st.sampled_from(["{", "}", "{}", "{license}", "{0.__class__}", "%s", "\\", "A"])).map(
    "".join
)


@given(NAMES, NAMES)
def test_facts_are_never_patterns(name: str, other: str) -> None:
    said = say("{license} and {other}.", license=name, other=say("not {license}", license=other))
    assert str(said) == f"{name} and not {other}."


@given(NAMES, st.integers())
def test_a_refusal_says_its_facts_as_they_are(name: str, number: int) -> None:
    refusal = Refusal(Code.INVALID_VALUE, "{license} has {number}.", license=name, number=number)
    assert refusal.sentence == str(refusal) == str(refusal.said) == f"{name} has {number}."


@pytest.mark.parametrize("reason", Reason)
@given(st.data())
def test_what_is_said_of_a_reason_has_every_fact_as_it_is(reason: Reason, data: st.DataObject) -> None:
    blanks = {name for _, name, _, _ in Formatter().parse(SENTENCES[reason]) if name}
    facts = {name: data.draw(NAMES, name) for name in blanks}
    sentence = Verdict(license="", reason=reason, facts=facts, ground=None).sentence
    for fact in facts.values():
        assert fact in sentence
    assert len(sentence) == len(_without_blanks(SENTENCES[reason])) + sum(
        len(facts[name]) for _, name, _, _ in Formatter().parse(SENTENCES[reason]) if name
    )


def test_several_sentences_stand_one_after_the_other() -> None:
    told = tuple(say("{name} is wrong.", name=name) for name in ("A", "B"))
    assert str(say("Nothing happened. {mistakes}", mistakes=told)) == "Nothing happened. A is wrong. B is wrong."


def test_the_sentences_within_a_sentence_are_translated_too() -> None:
    german = {"{license} of {owner}.": "{owner} hat {license}.", "somebody": "jemand"}
    said = say("{license} of {owner}.", license="somebody", owner=say("somebody"))
    assert said.by(german.__getitem__) == "jemand hat somebody."


def test_a_pattern_without_one_of_its_facts_is_a_mistake_of_the_code() -> None:
    with pytest.raises(KeyError):
        str(Sentence("{license}", {}))


def _without_blanks(pattern: str) -> str:
    return "".join(text for text, _, _, _ in Formatter().parse(pattern))
