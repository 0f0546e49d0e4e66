"""Reading the supergraph: who owns what, and what clients are shown of it."""

from graphql import print_schema

from gateway.api_schema import api_schema
from gateway.supergraph import Supergraph
from tests.gateway import library

GRAPH = library.supergraph()

HIDDEN = """
schema { query: Query }
directive @inaccessible on OBJECT | FIELD_DEFINITION | ENUM_VALUE | ARGUMENT_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!) repeatable on OBJECT | ENUM
enum join__Graph { A @join__graph(name: "a", url: "http://a/graphql") }
"What is asked for."
type Query @join__type(graph: A) { shown(secret: Int @inaccessible, n: Int): Kind gone: Secret @inaccessible }
type Secret @join__type(graph: A) @inaccessible { id: ID! }
enum Kind @join__type(graph: A) { OPEN CLOSED @inaccessible }
"""  # noqa: E501 (a schema)


def test_a_field_belongs_to_the_service_that_resolves_it():
    assert GRAPH.resolves("BOOKS", "Book", "title")
    assert not GRAPH.resolves("REVIEWS", "Book", "title"), "external"
    assert GRAPH.resolves("STOCK", "Book", "old"), "overridden"
    assert not GRAPH.resolves("BOOKS", "Book", "old")
    assert not GRAPH.resolves("STOCK", "Book", "postage"), "only once it is told what it requires"


def test_an_entity_is_reached_by_its_keys():
    keys = GRAPH.types["Book"].keys
    assert [key.text for key in keys["BOOKS"]] == ["isbn", "id"]
    assert [key.resolvable for key in GRAPH.types["Author"].keys["STOCK"]] == [False]


def test_which_types_an_abstract_one_can_be_depends_on_the_service():
    assert GRAPH.possible("Found") == {"Book", "Author", "Film"}
    assert GRAPH.possible_in("BOOKS", "Item") == {"Book", "Film"}
    assert GRAPH.possible_in("STOCK", "Item") == frozenset()


def test_clients_see_neither_joins_nor_what_is_inaccessible():
    shown = print_schema(api_schema(Supergraph.read(HIDDEN).document))
    assert shown == (
        '"""What is asked for."""\ntype Query {\n  shown(n: Int): Kind\n}\n\nenum Kind {\n  OPEN\n}'
    )
