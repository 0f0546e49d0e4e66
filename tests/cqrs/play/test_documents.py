"""Everything the play asks is valid over the supergraph."""

from pathlib import Path

import pytest
from graphql import GraphQLSchema, parse, validate

from cqrs import play
from gateway.api_schema import api_schema
from gateway.supergraph import Supergraph

_ROOT = Path(__file__).parents[3]
_DOCUMENTS = sorted(Path(play.__file__).parent.glob("documents/*.graphql"))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return api_schema(Supergraph.load(_ROOT / "contracts" / "supergraph.graphql").document)


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_of_the_play_is_valid(schema: GraphQLSchema, path: Path) -> None:
    assert validate(schema, parse(path.read_text())) == []
