"""The flame graph of the main case."""

from bench.flamegraph import titled


def test_a_flame_graph_says_what_it_shows() -> None:
    svg = '<svg><text id="title" x="50%">/home/me/py-spy record --pid 7</text><text id="details"> </text></svg>'
    assert titled(svg) == (
        '<svg><text id="title" x="50%">Who has the interpreter while 32 connections acquire, each request for another'
        ' session</text><text id="details"> </text></svg>'
    )
