"""A library in three services, and the same library as one schema: what the gateway must equal."""

from collections.abc import Mapping
from pathlib import Path

from graphql import GraphQLSchema

from gateway.api_schema import api_schema
from gateway.supergraph import Supergraph
from tests.gateway.subgraphs import InProcess, Subgraph, resolver

SCHEMAS = Path(__file__).parent / "schemas"


def supergraph(name: str = "library") -> Supergraph:
    return Supergraph.load(SCHEMAS / f"{name}.supergraph.graphql")


AUTHORS = {f"a{n}": {"__typename": "Author", "id": f"a{n}", "name": f"Author {n}"} for n in "123"}
BOOKS = {
    f"{n}": {
        "__typename": "Book",
        "isbn": f"{n}",
        "id": f"b{n}",
        "title": f"Book {n}" if n != 3 else None,
        "genre": ("NOVEL", "POETRY", None)[n % 3],
        "weight": 100 * n,
        "by": f"a{n % 3 + 1}",
        "old": f"old {n}",
    }
    for n in range(1, 7)
}
FILMS = {
    f"f{n}": {"__typename": "Film", "id": f"f{n}", "title": f"Film {n}", "minutes": 90 + n}
    for n in (1, 2)
}
REVIEWS = {
    f"r{n}": {
        "__typename": "Review",
        "id": f"r{n}",
        "stars": n % 5 + 1,
        "text": f"Review {n}" if n % 4 else None,
        "of": f"{n % 7}",  # book 0 does not exist
        "who": f"a{n % 4}",  # nor does author a0
    }
    for n in range(1, 12)
}
SHELVES = [
    {"__typename": "Shelf", "number": n, "room": {"number": n % 2, "floor": n}} for n in range(1, 4)
]
_SIZE = {"CM": 20, "INCH": 8, None: None}


def _first(found, first):
    return list(found)[:first]


def _of_book(book):
    return [one for one in REVIEWS.values() if one["of"] == book["isbn"]]


def _about(review):
    return FILMS.get(review["id"].replace("r", "f")) or BOOKS.get(review["of"])


def _shelf_of(book):
    return SHELVES[int(book["isbn"]) % 3] if book["isbn"] != "6" else None


def _add_review(_source, review):
    return {**REVIEWS["r1"], "stars": review["stars"], "text": review["text"], "of": review["isbn"]}


_LIBRARY = {
    "Query.version": lambda _: {"number": 7, "reviewed": True},
}
_BOOKS = _LIBRARY | {
    "Query.book": lambda _, isbn: BOOKS.get(isbn),
    "Query.books": lambda _, first, genre=None: _first(
        [one for one in BOOKS.values() if genre in (None, one["genre"])], first
    ),
    "Query.item": lambda _, id: {one["id"]: one for one in _items()}.get(id),
    "Query.items": lambda _: _items(),
    "Query.search": lambda _, text: [
        one
        for one in (*_items(), *AUTHORS.values())
        if text in (one.get("title") or one.get("name") or "")
    ],
    "Mutation.renameBook": lambda _, isbn, title: {**BOOKS[isbn], "title": title},
    "Book.author": lambda book: AUTHORS[book["by"]],
    "Book.maker": lambda book: AUTHORS[book["by"]],
    "Book.size": lambda _, unit=None: _SIZE[unit],
    "Film.maker": lambda _: AUTHORS["a1"],
    "Author.books": lambda author: [one for one in BOOKS.values() if one["by"] == author["id"]],
}
_REVIEWS = _LIBRARY | {
    "Query.review": lambda _, id: REVIEWS.get(id),
    "Query.latestReviews": lambda _, first: _first(REVIEWS.values(), first),
    "Query.topBooks": lambda _: [
        {**one, "lent": ("title",)} for one in BOOKS.values() if one["isbn"] in "135"
    ],
    "Mutation.addReview": _add_review,
    "Review.book": lambda review: BOOKS.get(review["of"]),
    "Review.by": lambda review: AUTHORS.get(review["who"]),
    "Review.about": _about,
    "Book.reviews": lambda book, first: _first(_of_book(book), first),
    "Book.stars": lambda book: sum(one["stars"] for one in _of_book(book)) / 2,
    "Film.reviews": lambda film: [REVIEWS[film["id"].replace("f", "r")]],
    "Author.reviewsWritten": lambda author: [
        one for one in REVIEWS.values() if one["who"] == author["id"]
    ],
}
_STOCK = {
    "Query.shelf": lambda _, at: next(
        (
            one
            for one in SHELVES
            if (one["number"], one["room"]["number"]) == (at["number"], at["room"])
        ),
        None,
    ),
    "Query.shelves": lambda _: [*SHELVES, None],
    "Mutation.moveBook": lambda _, isbn, to: BOOKS.get(isbn) if to else None,
    "Shelf.holds": lambda shelf: [one for one in BOOKS.values() if _shelf_of(one) is shelf],
    "Book.shelf": _shelf_of,
    "Book.old": lambda book: BOOKS[book["isbn"]]["old"],
    "Book.postage": lambda book: book["weight"] * book["size"],
    "Book.label": lambda book: f"{book['author']['name']}, {book['genre']}",
}


def _items():
    return [*FILMS.values(), *BOOKS.values()]


def _stocked(told):
    """The stock service knows of a book what it is told, and no more."""
    return {**told, "isbn": told["isbn"]} if told["isbn"] in BOOKS else None


def services() -> dict[str, Subgraph]:
    read = {one.stem: one.read_text() for one in (SCHEMAS / "library").iterdir()}
    author = lambda told: AUTHORS.get(told["id"])  # noqa: E731
    return {
        "books": Subgraph(
            "books",
            read["books"],
            _BOOKS,
            {
                "Book": lambda told: next(
                    (
                        one
                        for one in BOOKS.values()
                        if one["isbn"] == told.get("isbn") or one["id"] == told.get("id")
                    ),
                    None,
                ),
                "Film": lambda told: FILMS.get(told["id"]),
                "Author": author,
            },
        ),
        "reviews": Subgraph(
            "reviews",
            read["reviews"],
            _REVIEWS,
            {
                "Book": lambda told: BOOKS.get(told["isbn"]),
                "Film": lambda told: FILMS.get(told["id"]),
                "Author": author,
                "Review": lambda told: REVIEWS.get(told["id"]),
            },
        ),
        "stock": Subgraph(
            "stock",
            read["stock"],
            _STOCK,
            {
                "Book": _stocked,
                "Shelf": lambda told: _STOCK["Query.shelf"](
                    None, {"number": told["number"], "room": told["room"]["number"]}
                ),
            },
        ),
    }


def one_schema(graph: Supergraph) -> GraphQLSchema:
    """The library as one schema, answered by graphql-core alone."""
    schema = api_schema(graph.document)
    resolvers: Mapping = {
        **_STOCK,
        **_REVIEWS,
        **_BOOKS,
        "Book.postage": lambda book: book["weight"] * 8,
        "Book.label": lambda book: f"{AUTHORS[book['by']]['name']}, {book['genre']}",
    }
    for path, resolve in resolvers.items():
        type_name, name = path.split(".")
        schema.type_map[type_name].fields[name].resolve = resolver(path, resolve)
    return schema


RESOLVED = sorted({*_STOCK, *_REVIEWS, *_BOOKS})
"""Every field with a resolver, as `Type.field`."""


def in_process() -> InProcess:
    return InProcess(services())
